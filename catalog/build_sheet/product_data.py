"""What a build sheet reads of products: ports, weight, price and stock, and an airframe's shape."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch, Q

from catalog.compatibility.combination import Member
from catalog.compatibility.models import Direction, Interface, Port
from catalog.models import Product, ProductAttributeValue
from catalog.partner.availability import SOLD_OUT, Availability, Stock
from catalog.partner.models import StockRecord
from catalog.read_model import member_of, product_url
from catalog.skus import sku_key, sku_key_of
from catalog.variant_urls import variant_url

MOST_AIRFRAMES = 200
#: The attribute that makes a product an airframe.
_AREA = "wing_area_dm2"
#: What is not on board.
_GROUND = {(Interface.RADIO, Direction.PROVIDES), (Interface.CHARGING, Direction.PROVIDES)}
#: Where a part usually is, as a share of the airframe's length behind the nose: ESTIMATES. The
#: first port that a part has decides.
_USUAL_PLACES = (
    ((Interface.SHAFT, Direction.NEEDS), Decimal("0")),
    ((Interface.MOTOR, Direction.NEEDS), Decimal("0.03")),
    ((Interface.MOUNT, Direction.NEEDS), Decimal("0.03")),
    ((Interface.BATTERY, Direction.PROVIDES), Decimal("0.15")),
    ((Interface.BATTERY, Direction.NEEDS), Decimal("0.25")),
    ((Interface.ACTUATOR, Direction.NEEDS), Decimal("0.8")),
    ((Interface.SERVO, Direction.NEEDS), Decimal("0.4")),
)
_ELSEWHERE = Decimal("0.4")


@dataclass(frozen=True)
class Part:
    """A product that can be on a build sheet; price in CAD before tax."""

    sku: str
    title: str
    url: str
    weight_g: Decimal
    price: Decimal | None
    stock: Availability
    has_variants: bool
    member: Member

    @property
    def ports(self) -> tuple[Port, ...]:
        return self.member.ports

    def has(self, interface: str, direction: str) -> bool:
        """Return whether it has such a port."""
        return any((one.interface, one.direction) == (interface, direction) for one in self.ports)

    @property
    def is_on_board(self) -> bool:
        """Return whether it flies: transmitters and chargers do not."""
        return not any((one.interface, one.direction) in _GROUND for one in self.ports)

    @property
    def is_battery(self) -> bool:
        return self.has(Interface.BATTERY, Direction.PROVIDES)

    def usual_x(self, length_mm: Decimal) -> Decimal:
        """Return where such a part usually is, in mm behind the nose (an estimate)."""
        share = next((share for port, share in _USUAL_PLACES if self.has(*port)), _ELSEWHERE)
        return (share * length_mm).quantize(Decimal(1))


@dataclass(frozen=True, slots=True)
class Geometry:
    """The shape of an airframe: mm behind the nose, area in dm²; None is unknown. `cg` is its own
    balance point, `cg_min` to `cg_max` the recommended range."""

    length: Decimal | None = None
    area_dm2: Decimal | None = None
    chord: Decimal | None = None
    leading_edge: Decimal | None = None
    cg: Decimal | None = None
    cg_min: Decimal | None = None
    cg_max: Decimal | None = None

    @property
    def length_mm(self) -> Decimal:
        """Return the length, 200 mm if it is unknown."""
        return self.length or Decimal(200)


_COLUMNS = {
    "length_mm": "length", _AREA: "area_dm2", "chord_mm": "chord", "wing_le_mm": "leading_edge",
    "cg_mm": "cg", "cg_min_mm": "cg_min", "cg_max_mm": "cg_max",
}  # fmt: skip


def load_parts(skus: Collection[str]) -> dict[str, Part]:
    """Return the public products with these SKUs by `sku_key`. Two queries."""
    keys = {sku_key(sku) for sku in skus if sku}
    if not keys:
        return {}
    is_public = Q(parent=None) | Q(parent__is_public=True)
    rows = (
        Product.objects.public()
        .filter(is_public)
        .alias(key=sku_key_of("upc"))
        .filter(key__in=keys)
        .select_related("product_class", "parent__product_class")
        .prefetch_related(Prefetch("stockrecords", StockRecord.objects.order_by("pk")))
        .order_by("-pk")
    )
    return {sku_key(row.upc or ""): _part(row) for row in rows}


def _part(product: Product) -> Part:
    record = next(iter(product.stockrecords.all()), None)
    sku, page = product.upc or "", product.parent or product
    url = product_url(page.slug, page.pk)
    if product.parent_id:
        url = variant_url(page.slug, page.pk, sku, product.pk)
    price = record.price if record else None
    has_price = record is not None and price is not None
    return Part(
        sku=sku,
        title=product.get_title(),
        url=url,
        weight_g=product.weight_g or page.weight_g,
        price=price,
        stock=Stock.of(record, product).shown if has_price else SOLD_OUT,
        has_variants=product.is_parent,
        member=member_of(product),
    )


def load_geometry(part: Part) -> Geometry:
    """Return the shape of an airframe; a variant inherits it. One query."""
    rows = ProductAttributeValue.objects.filter(
        product__in=part.member.keys, attribute__code__in=_COLUMNS
    ).values_list("attribute__code", "value_float", "value_integer")
    found = {}
    for code, decimal, whole in rows:
        number = decimal if decimal is not None else whole
        if number is not None and abs(number) < 100_000:
            found[_COLUMNS[code]] = Decimal(str(number))
    return Geometry(**{name: value for name, value in found.items() if value > 0})


def airframes() -> list[tuple[str, str]]:
    """Return SKU and title of the airframes that can be bought. One query."""
    own = Q(attribute_values__attribute__code=_AREA)
    inherited = Q(parent__is_public=True, parent__attribute_values__attribute__code=_AREA)
    products = Product.objects.public().filter((own & Q(parent=None)) | inherited)
    rows = products.exclude(structure=Product.PARENT).exclude(upc=None).order_by("title", "pk")
    titles = rows.distinct().values_list("upc", "title", "parent__title")
    return [(sku or "", title or parent) for sku, title, parent in titles[:MOST_AIRFRAMES]]
