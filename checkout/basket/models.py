"""Oscar's basket, with its lines loaded in one query and stored totals for the page header."""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from oscar.apps.basket.abstract_models import AbstractBasket, AbstractLine

from catalog.kits.inheritance import needs_of, weight_of
from catalog.kits.models import load_components
from microflight.core.bounds import MAX_AMOUNT, MAX_SUM, MAX_UNITS, Bounds
from microflight.core.compiled_query import CompiledQuery
from microflight.core.money import rounded

MAX_VOUCHERS = 3  # on one cart


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
    limited_per_customer = False  # likewise: an offer or voucher may depend on who orders
    contact_email = ""  # from the checkout form, for limits per customer
    account_id: int | None = None  # of the customer, set when it is priced; decides on exemptions
    left_out: Sequence[str] = ()  # discount codes that a merge had no room for
    replaced: Sequence[str] = ()  # offers that no longer apply since a discount code was added

    class Meta(AbstractBasket.Meta):
        constraints = [Bounds("total", 0, MAX_SUM)]

    def all_lines(self) -> list[Any]:
        """Return the lines with product, parent and stock record, read in one query.

        Three more queries if there are kits, for their components.
        """
        if self.pk is None:
            return []
        if self._lines is None:
            self._lines = _LINES_WITH_PRODUCTS(self.pk)
            for line in self._lines:
                line.basket = self
            load_components(line.product for line in self._lines)
            if with_options := [line for line in self._lines if line.has_options]:
                prefetch_related_objects(with_options, "attributes__option")
        return self._lines

    @property
    def num_lines(self) -> int:
        """Return the number of loaded lines; Oscar counts them in the database."""
        return len(self.all_lines())

    def merge(self, basket: Any, add_quantities: bool = True) -> None:
        """Merge another cart into this one. Codes beyond the limit are left out, its own never."""
        vouchers = dict.fromkeys([*self._vouchers_as_added(), *basket._vouchers_as_added()])
        super().merge(basket, add_quantities)
        beyond = list(vouchers)[MAX_VOUCHERS:]
        self.vouchers.remove(*beyond)
        self.left_out = [*self.left_out, *(voucher.code for voucher in beyond)]

    def _vouchers_as_added(self) -> list[Any]:
        rows = self.vouchers.through.objects.filter(basket=self).order_by("pk")
        return [row.voucher for row in rows.select_related("voucher")]

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
        """Return the weight of the shipped items in grams, without packaging."""
        shipped = (line for line in self.all_lines() if line.product.is_shipping_required)
        return sum((line.weight_g for line in shipped), Decimal(0))


class Line(AbstractLine):
    """A product and its quantity."""

    class Meta(AbstractLine.Meta):
        constraints = [
            Bounds("quantity", 0, MAX_UNITS),
            Bounds("price_excl_tax", 0, MAX_AMOUNT),
            Bounds("price_incl_tax", 0, MAX_AMOUNT),
        ]

    def discount(self, discount_value: Any, affected_quantity: int, *args: Any, **kwargs: Any):  # type: ignore[no-untyped-def]
        """Apply a discount in whole cents, and never more than the rest of the line's price."""
        left = self.line_price_excl_tax - self.discounts.total
        discount = min(rounded(Decimal(discount_value)), left)
        super().discount(discount, affected_quantity, *args, **kwargs)

    @property
    def has_options(self) -> bool:
        """Tell whether the shopper chose options: Oscar's reference has a third part for them."""
        return self.line_reference.count("_") > 1

    @property
    def options(self) -> str:
        """Return the chosen options, such as "Engraving: C-GULL"."""
        return format_options(self.attributes.all()) if self.has_options else ""

    @property
    def weight_g(self) -> Decimal:
        """Return the weight of the line in grams; of a kit, that of what is shipped of it."""
        if self.product.is_kit:
            components = self.product.components
            shipped = [each for each in components if each.component.is_shipping_required]
            return weight_of(shipped) * self.quantity
        return self.product.weight_g * self.quantity

    @property
    def stock_error(self) -> str:
        """Return why this quantity is not available, or an empty string."""
        own = self.purchase_info.availability.is_purchase_permitted(self.quantity)[1]
        return own or self._shared_stock_error

    @property
    def stock_needs(self) -> list[tuple[Any, int, str]]:
        """Return the tracked stock that it needs: record, quantity and title; of a kit, that of
        its components."""
        return needs_of(self.product, self.stockrecord, self.quantity)

    @property
    def _shared_stock_error(self) -> str:
        """Return which component is scarce because another line of the cart needs it, too."""
        lines = self.basket.all_lines()
        if not any(line.product.is_kit for line in lines):
            return ""
        needed: Counter[int] = Counter()
        for line in lines:
            for record, quantity, _title in line.stock_needs:
                needed[record.pk] += quantity
        for record, _quantity, title in self.stock_needs:
            left = max(0, record.net_stock_level)
            if needed[record.pk] > left and not record.backorder:
                text = gettext("Only %(left)s of %(product)s left for all items of your cart.")
                return text % {"left": left, "product": title}
        return ""


def format_options(attributes: Iterable[Any]) -> str:
    """Return the options of a line of a cart or order as text."""
    return "; ".join(f"{_option_name(each)}: {_option_value(each.value)}" for each in attributes)


def _option_name(attribute: Any) -> str:
    return str(attribute.option.name if attribute.option else attribute.type)


def _option_value(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


_LINES_WITH_PRODUCTS = CompiledQuery(
    lambda basket: (
        Line.objects.filter(basket=basket)
        .select_related(
            "product__product_class",
            "product__facts",
            "product__parent__product_class",
            "product__parent__facts",
            "stockrecord__partner",
        )
        .order_by("pk")
    )
)


from oscar.apps.basket.models import *  # type: ignore[assignment]  # noqa: E402, F403 (Oscar's, after ours)
