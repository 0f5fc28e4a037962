"""The cart: lines loaded in one query, and what the header says about it kept beside it."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import models
from oscar.apps.basket.abstract_models import AbstractBasket, AbstractLine

from microflight.core.compiled_query import CompiledQuery

CENT = Decimal("0.01")


class Basket(AbstractBasket):
    """A cart. `item_count` and `total` are written whenever the cart changes, so that the header
    of each page can say them without pricing the cart again."""

    item_count = models.PositiveIntegerField(default=0, editable=False)
    total = models.DecimalField(
        "goods after discounts (CAD)",
        max_digits=12,
        decimal_places=2,
        default=Decimal("0"),
        editable=False,
    )

    known_vouchers: Sequence[Any] = ()  # set where the cart is priced

    class Meta(AbstractBasket.Meta):
        pass

    def all_lines(self) -> list[Any]:
        """Return the lines with product, parent and stock: one query, kept for this object."""
        if self.pk is None:
            return []
        if self._lines is None:
            self._lines = _LINES(self.pk)
            for line in self._lines:
                line.basket = self
        return self._lines

    @property
    def num_lines(self) -> int:
        """Return the number of lines from those loaded; Oscar counts them in the database."""
        return len(self.all_lines())

    @property
    def weight_g(self) -> Decimal:
        """Return the weight of the goods in grams, without packaging."""
        return sum((line.weight_g for line in self.all_lines()), Decimal(0))


class Line(AbstractLine):
    """So many pieces of one product."""

    class Meta(AbstractLine.Meta):
        pass

    def discount(self, discount_value: Any, affected_quantity: int, *args: Any, **kwargs: Any):  # type: ignore[no-untyped-def]
        """Take a discount in whole cents, and never more than is left of the line's price."""
        left = self.line_price_excl_tax - self.discounts.total
        cents = Decimal(discount_value).quantize(CENT, ROUND_HALF_UP)
        super().discount(min(cents, left), affected_quantity, *args, **kwargs)

    @property
    def weight_g(self) -> Decimal:
        """Return the weight of the line in grams."""
        return self.product.weight_g * self.quantity

    @property
    def stock_error(self) -> str:
        """Return why this quantity cannot be bought now, or an empty string."""
        return self.purchase_info.availability.is_purchase_permitted(self.quantity)[1]


_LINES = CompiledQuery(
    lambda basket: (
        Line.objects.filter(basket=basket)
        .select_related("product__product_class", "product__parent__product_class", "stockrecord")
        .order_by("pk")
    )
)


from oscar.apps.basket.models import *  # type: ignore[assignment]  # noqa: E402, F403 (Oscar's, after ours)
