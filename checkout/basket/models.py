"""Oscar's basket, with its lines loaded in one query and stored totals for the page header."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from oscar.apps.basket.abstract_models import AbstractBasket, AbstractLine

from microflight.core.compiled_query import CompiledQuery
from microflight.core.money import rounded


class Basket(AbstractBasket):
    """A cart. `item_count` and `total` are stored on every change, so that the page header can
    show them without pricing the cart."""

    item_count = models.PositiveIntegerField(default=0, editable=False)
    total = models.DecimalField(
        _("subtotal after discounts (CAD)"),
        max_digits=12,
        decimal_places=2,
        default=Decimal("0"),
        editable=False,
    )

    known_vouchers: Sequence[Any] = ()  # set when offers are applied

    class Meta(AbstractBasket.Meta):
        pass

    def all_lines(self) -> list[Any]:
        """Return the lines with product, parent and stock record, read in one query."""
        if self.pk is None:
            return []
        if self._lines is None:
            self._lines = _LINES_WITH_PRODUCTS(self.pk)
            for line in self._lines:
                line.basket = self
        return self._lines

    @property
    def num_lines(self) -> int:
        """Return the number of loaded lines; Oscar counts them in the database."""
        return len(self.all_lines())

    def gives_discount(self, voucher: Any) -> bool:
        """Return whether a voucher gives a discount on this priced cart."""
        return any(
            application["voucher"] == voucher
            and (application["discount"] > 0 or not application["result"].affects_basket)
            for application in self.offer_applications
        )

    @property
    def idle_vouchers(self) -> list[Any]:
        """Return the vouchers that give no discount on this priced cart."""
        return [voucher for voucher in self.known_vouchers if not self.gives_discount(voucher)]

    @property
    def weight_g(self) -> Decimal:
        """Return the weight of the items in grams, without packaging."""
        return sum((line.weight_g for line in self.all_lines()), Decimal(0))


class Line(AbstractLine):
    """A product and its quantity."""

    class Meta(AbstractLine.Meta):
        pass

    def discount(self, discount_value: Any, affected_quantity: int, *args: Any, **kwargs: Any):  # type: ignore[no-untyped-def]
        """Apply a discount in whole cents, and never more than the rest of the line's price."""
        left = self.line_price_excl_tax - self.discounts.total
        discount = min(rounded(Decimal(discount_value)), left)
        super().discount(discount, affected_quantity, *args, **kwargs)

    @property
    def weight_g(self) -> Decimal:
        """Return the weight of the line in grams."""
        return self.product.weight_g * self.quantity

    @property
    def stock_error(self) -> str:
        """Return why this quantity is not available, or an empty string."""
        return self.purchase_info.availability.is_purchase_permitted(self.quantity)[1]


_LINES_WITH_PRODUCTS = CompiledQuery(
    lambda basket: (
        Line.objects.filter(basket=basket)
        .select_related("product__product_class", "product__parent__product_class", "stockrecord")
        .order_by("pk")
    )
)


from oscar.apps.basket.models import *  # type: ignore[assignment]  # noqa: E402, F403 (Oscar's, after ours)
