"""What a promotion would do: a sentence, prices before and after, and conflicts."""

from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Any, cast

from django.db.models import Q, QuerySet
from django.http import QueryDict

from catalog.partner.models import StockRecord
from checkout.basket.sample import sample_basket
from checkout.offers.conflicts import competing_offers, conflict, is_on_shipping
from checkout.offers.models import Condition
from checkout.promotions.models import Promotion
from checkout.promotions.terms import describe

_EXAMPLES = 3  # products with prices
_MOST = 100  # items of one in a sample cart


@dataclass(frozen=True)
class Example:
    """A cart of one product, in CAD before tax."""

    record: StockRecord
    quantity: int
    before: Decimal
    after: Decimal


@dataclass(frozen=True)
class Preview:
    """A promotion as staff see it before shoppers do."""

    sentence: str
    number: int  # products that shoppers can buy
    examples: list[Example]
    conflicts: list[str]
    cart: str  # query string of “Try a cart”
    is_on_shipping: bool


def preview(offer: Promotion) -> Preview:
    """Return what a saved promotion does to prices, with other active promotions applied, too."""
    offer = Promotion.objects.with_rules().get(pk=offer.pk)
    records = _records(offer)
    examples = [_example(offer, record) for record in records[:_EXAMPLES]]
    cart = QueryDict(mutable=True)
    cart["country"], cart["promotion"] = "CA", str(offer.pk)
    cart["products"] = "\n".join(f"{one.record.partner_sku}={one.quantity}" for one in examples)
    return Preview(
        sentence=describe(offer),
        number=records.values("product").distinct().count(),
        examples=examples,
        conflicts=[conflict(offer, other) for other in competing_offers(offer)],
        cart=cart.urlencode(),
        is_on_shipping=is_on_shipping(offer),
    )


def _records(offer: Promotion) -> QuerySet[StockRecord]:
    """Return the stock records of the products that shoppers can buy."""
    is_shown = Q(product__parent=None) | Q(product__parent__is_public=True)
    products = cast(Any, offer.condition).range.product_queryset.order_by().values("pk")
    return (
        StockRecord.objects.filter(is_shown, product__is_public=True, price__gt=0)
        .filter(product__in=products, product__is_discountable=True)
        .select_related(
            "product__product_class", "product__facts",
            "product__parent__product_class", "product__parent__facts",
        )
        .order_by("pk")
    )  # fmt: skip


def _example(offer: Promotion, record: StockRecord) -> Example:
    price, least = record.price or Decimal(1), offer.condition.value or Decimal(1)
    quantity = int(least) if offer.condition.type == Condition.COUNT else ceil(least / price)
    quantity = min(max(1, quantity), _MOST)
    copy = Promotion.objects.with_rules().get(pk=offer.pk)  # pricing changes its rules
    basket = sample_basket([(record, quantity)], [copy])
    return Example(record, quantity, price * quantity, basket.total_excl_tax)
