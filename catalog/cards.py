"""Product cards: what a list shows of a product, with live price and stock."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog.images import Picture
from catalog.models import Product
from catalog.partner.availability import DISCONTINUED, SOLD_OUT, Availability, Stock, best_of
from catalog.partner.kit_stock import KitPart, kit_parts, stock_of
from catalog.partner.prices import shown_prior_price
from catalog.read_model import CardData, card_of
from microflight.core.money import format_money
from microflight.core.units import format_number


@dataclass(frozen=True, slots=True)
class Offer:
    """A stock record as pages show it. The price is in CAD before tax."""

    product: int
    sku: str
    price: Decimal | None
    stock: Availability
    prior_price: Decimal | None = None  # only while the price is shown as reduced


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """A product in a list, ready to show. One object for equal values, so compared by identity."""

    pk: int
    title: str
    url: str
    weight: str
    weight_unit: str
    price: str  # empty if neither it nor a variant has a price
    has_variants: bool  # then weight and price are the lowest, shown with "from"
    price_varies: bool
    prior_price: str  # of the lowest price; empty unless it is shown as reduced
    stock: Availability
    picture: Picture | None
    rating: Decimal | None
    review_count: int
    weight_g: str = ""  # for files; without a unit
    amount: str = ""  # the price without a currency
    variants: tuple[tuple[int, str, str], ...] = ()  # ID, SKU and title; public or not

    @property
    def weight_in_grams(self) -> str:
        """Return the weight in grams without a unit, for tables."""
        return format_number(Decimal(self.weight_g or 0))


@dataclass(frozen=True, slots=True)
class LiveProduct:
    """A public product: its card's data, and its offers or those of its public variants."""

    data: CardData
    offers: list[Offer]
    parts: dict[int, tuple[KitPart, ...]] = field(default_factory=dict)  # by kit: it, or a variant


# A queryset is built once: that takes as long as running it.
_ROWS = (
    Product.objects.public()
    .order_by()
    .values(
        "pk",
        "parent_id",
        "is_kit",
        "card",
        "stockrecords__partner_sku",
        "stockrecords__price",
        "stockrecords__prior_price",
        "stockrecords__sale_until",
        "stockrecords__num_in_stock",
        "stockrecords__num_allocated",
        "stockrecords__backorder",
        "stockrecords__expected_on",
        discontinued=Coalesce("parent__discontinued_on", "discontinued_on"),
        tracked=Coalesce("parent__product_class__track_stock", "product_class__track_stock"),
    )
)


def live_products(products: Collection[int]) -> dict[int, LiveProduct]:
    """Return those of these products that are public now, with price and stock. One query, and
    one more if some of them are kits.

    A variant without a stock record is sold out.
    """
    today = timezone.localdate()
    found: dict[int, LiveProduct] = {}
    offers: dict[int, list[Offer]] = defaultdict(list)
    rows = list(_ROWS.filter(Q(pk__in=products) | Q(parent__in=products)))
    kits = [row["pk"] for row in rows if row["is_kit"]]
    parts = kit_parts(kits) if kits else {}
    for row in rows:
        pk, parent = row["pk"], row["parent_id"]
        if parent is None and pk not in found:
            found[pk] = LiveProduct(card_of(pk, row["card"]), offers[pk], parts)
        if parent or row["stockrecords__partner_sku"] is not None:
            offers[parent or pk].append(_offer(row, today, parts.get(pk, ())))
    for several in offers.values():
        several.sort(key=lambda offer: (offer.price is None, offer.price, offer.product))
    return found


def _offer(row: dict[str, Any], today: date, parts: Collection[KitPart]) -> Offer:
    price = row["stockrecords__price"]
    available = (row["stockrecords__num_in_stock"] or 0) - (row["stockrecords__num_allocated"] or 0)
    stock = SOLD_OUT  # without a price it cannot be bought
    if row["discontinued"]:
        stock = DISCONTINUED
    elif price is not None:
        expected_on = row["stockrecords__expected_on"]
        terms = (row["stockrecords__backorder"], expected_on, row["tracked"])
        own = stock_of(parts) if row["is_kit"] else Stock(max(0, available), *terms)
        stock = own.shown
    prior = shown_prior_price(
        row["stockrecords__prior_price"], row["stockrecords__sale_until"], today
    )
    return Offer(row["pk"], row["stockrecords__partner_sku"] or "", price, stock, prior)


def cards_of(products: Collection[int]) -> tuple[Card, ...]:
    """Return the cards of those of these products that are public, in this order. One query."""
    found = live_products(products)
    return tuple(make_card(found[pk]) for pk in products if pk in found)


def make_card(product: LiveProduct) -> Card:
    """Return the card of one product."""
    prices = sorted({offer.price for offer in product.offers if offer.price is not None})
    lowest = prices[0] if prices else None
    priors = [offer.prior_price for offer in product.offers if offer.price == lowest]
    stock = best_of([offer.stock for offer in product.offers])
    return _card(product.data, lowest, len(prices) > 1, _prior_price(priors), stock)


def _prior_price(priors: Collection[Decimal | None]) -> Decimal | None:
    """Return the prior price of several offers at one price: none unless all are reduced."""
    known = [prior for prior in priors if prior is not None]
    return min(known) if known and len(known) == len(priors) else None


@lru_cache(maxsize=8_192)
def _card(
    data: CardData,
    price: Decimal | None,
    price_varies: bool,
    prior_price: Decimal | None,
    stock: Availability,
) -> Card:
    return Card(
        pk=data.pk,
        title=data.title,
        url=data.url,
        weight=data.weight,
        weight_unit=data.weight_unit,
        price=format_money(price) if price is not None else "",
        has_variants=data.has_variants,
        variants=data.variants,
        price_varies=price_varies,
        prior_price=format_money(prior_price) if prior_price is not None else "",
        stock=stock,
        picture=data.picture,
        weight_g=data.weight_g,
        amount="" if price is None else f"{price:.2f}",
        rating=data.rating,
        review_count=data.review_count,
    )
