"""Stock of kits, in SQL for lists of products, and with prices for pages."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Case, F, IntegerField, Min, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from catalog.kits.models import KitComponent
from catalog.partner.availability import Stock
from catalog.partner.models import StockRecord
from microflight.core.bounds import MAX_UNITS

_RECORD = StockRecord.objects.filter(product=OuterRef("component")).order_by("pk")
_AVAILABLE = Coalesce(F("num_in_stock"), 0) - Coalesce(F("num_allocated"), 0)
_LEFT = Coalesce(Subquery(_RECORD.values(left=_AVAILABLE)[:1]), 0)
_UNTRACKED = Q(component__product_class__track_stock=False) | Q(
    component__parent__product_class__track_stock=False
)


def available_kits(kit: str) -> Subquery:
    """Return an expression: how many kits the stock of the scarcest component makes.

    `kit` is the outer row's column with the ID of the product. NULL for products without
    components; negative if more is committed than is on hand.
    """
    units = Case(When(_UNTRACKED, then=Value(MAX_UNITS)), default=_LEFT / F("quantity"))
    components = KitComponent.objects.filter(kit=OuterRef(kit)).order_by().values("kit")
    return Subquery(
        components.annotate(units=Min(units)).values("units"), output_field=IntegerField()
    )


@dataclass(frozen=True, slots=True)
class KitPart:
    """A component of a kit as pages show it; `price` is that of one unit sold separately."""

    product: int
    parent: int | None
    sku: str
    title: str
    slug: str  # of the page of the product, or of a variant's product
    is_public: bool
    quantity: int
    price: Decimal | None
    stock: Stock = field(compare=False)  # pages show no exact level


def kit_parts(kits: Collection[int]) -> dict[int, tuple[KitPart, ...]]:
    """Return the components of these kits by kit. One query."""
    found: dict[int, dict[int, KitPart]] = defaultdict(dict)
    for row in _PARTS.filter(kit__in=kits):
        # a product may have several stock records: the oldest counts
        found[row["kit_id"]].setdefault(row["component_id"], _part(row))
    return {kit: tuple(parts.values()) for kit, parts in found.items()}


_PARTS = KitComponent.objects.order_by("kit_id", "pk", "component__stockrecords").values(
    "kit_id",
    "component_id",
    "component__parent_id",
    "quantity",
    "component__upc",
    "component__title",
    "component__slug",
    "component__is_public",
    "component__parent__title",
    "component__parent__slug",
    "component__parent__is_public",
    "component__stockrecords__price",
    "component__stockrecords__num_in_stock",
    "component__stockrecords__num_allocated",
    "component__stockrecords__backorder",
    "component__stockrecords__expected_on",
    tracked=Coalesce(
        "component__parent__product_class__track_stock", "component__product_class__track_stock"
    ),
)


def _part(row: Mapping[str, Any]) -> KitPart:
    is_variant = row["component__parent_id"] is not None
    record = {
        name: row[f"component__stockrecords__{name}"]
        for name in ("price", "num_in_stock", "num_allocated", "backorder", "expected_on")
    }
    left = (record["num_in_stock"] or 0) - (record["num_allocated"] or 0)
    terms = bool(record["backorder"]), record["expected_on"], row["tracked"] is not False
    owner = "component__parent__" if is_variant else "component__"
    return KitPart(
        product=row["component_id"],
        parent=row["component__parent_id"],
        sku=row["component__upc"] or "",
        title=row["component__title"] or row["component__parent__title"],
        slug=row[f"{owner}slug"],
        is_public=bool(row["component__is_public"] and row[f"{owner}is_public"]),
        quantity=row["quantity"],
        price=record["price"],
        stock=Stock(max(0, left), *terms),
    )


def stock_of(parts: Collection[KitPart]) -> Stock:
    """Return how many kits of these components can be bought."""
    return Stock.of_kit([(part.stock, part.quantity) for part in parts])
