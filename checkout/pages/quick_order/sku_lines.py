"""Lists of SKUs and quantities as people type or paste them, one product on a line."""

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.utils.translation import gettext as _

from catalog.models import Product
from catalog.partner.availability import Availability, Stock
from catalog.partner.models import StockRecord
from catalog.skus import sku_key, sku_key_of
from checkout.pages.cart.forms import QuantityField
from microflight.core.numbers import fold_digits

MAX_LINES = 100
MAX_LENGTH = 10_000  # characters of the whole list
_MAX_LINE = 200  # characters

_TIMES = "[x\N{MULTIPLICATION SIGN}*]"
#: `SKU, 3` or `SKU;x3`, but not `SKU 3,6`.
_SEPARATED = re.compile(
    rf"(?!.* \d+,\d+$)(?P<sku>[^,;]+)[,;] ?(?:{_TIMES} ?)?(?P<quantity>[^,;]*)", re.IGNORECASE
)
#: `3 x SKU`, `SKU x 3`, `SKU 3`, `SKU x3`, `SKUx3`: the first that names a product is meant.
_READINGS = (
    re.compile(rf"(?P<quantity>\d+) ?{_TIMES} (?P<sku>.+)", re.IGNORECASE),
    re.compile(rf"(?P<sku>.+?) (?:{_TIMES} ?)?(?P<quantity>[-+]?\d[\d.,]*)", re.IGNORECASE),
    re.compile(r"(?P<sku>.+)(?P<quantity>)"),
    re.compile(rf"(?P<sku>.+?){_TIMES}(?P<quantity>\d+)", re.IGNORECASE),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a line."""

    sku: str
    quantity: str  # as typed; empty: one

    @property
    def key(self) -> str:
        """Return what its SKU is compared by."""
        return sku_key(self.sku)


def readings(text: str) -> tuple[Reading, ...]:
    """Return the ways to read a line that is not blank, the most likely first."""
    line = " ".join(fold_digits(text).split()).rstrip(",; ")
    if separated := _SEPARATED.fullmatch(line):
        return (_reading(separated),)
    matches = (pattern.fullmatch(line) for pattern in _READINGS)
    return tuple(_reading(match) for match in matches if match)


def _reading(match: re.Match[str]) -> Reading:
    return Reading(match["sku"].strip(), match["quantity"].strip())


@dataclass(frozen=True, slots=True)
class SkuLine:
    """A line, and what is understood of it: a product and a quantity, or an error."""

    text: str
    record: StockRecord | None = None
    quantity: int = 0
    error: str = ""

    @property
    def total(self) -> Decimal | None:
        """Return the price of the quantity in CAD before tax, if it has one."""
        price = self.record.price if self.record else None
        return price * self.quantity if price is not None and self.quantity else None

    @property
    def stock(self) -> Availability | None:
        """Return what pages say about the stock of the product."""
        return Stock.of(self.record, self.record.product).shown if self.record else None


def read_lines(text: str) -> list[SkuLine]:
    """Return what each line that is not blank means. Four queries."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    read = [readings(line) if len(line) <= _MAX_LINE else () for line in lines]
    keys = {reading.key for each in read for reading in each}
    known = _products_by_key(keys)
    return [_sku_line(*each, known) for each in zip(lines, read, strict=True)]


def _products_by_key(keys: Collection[str]) -> dict[str, list[Product]]:
    """Return the public products whose SKU has one of these keys, with their stock records."""
    by_key: dict[str, set[int]] = defaultdict(set)
    tables: Any = ((Product, "upc", "pk"), (StockRecord, "partner_sku", "product_id"))
    for model, sku, pk in tables:
        rows = model.objects.annotate(key=sku_key_of(sku)).filter(key__in=keys)
        for key, found in rows.values_list("key", pk):
            by_key[key].add(found)
    records = StockRecord.objects.order_by("pk")
    products = Product.objects.public().select_related("product_class", "parent__product_class")
    wanted = set().union(*by_key.values())
    rows = products.prefetch_related(Prefetch("stockrecords", records)).in_bulk(wanted)
    shown = {pk: each for pk, each in rows.items() if not each.parent or each.parent.is_public}
    found = {key: [shown[pk] for pk in pks if pk in shown] for key, pks in by_key.items()}
    return {key: several for key, several in found.items() if several}


def _sku_line(text: str, read: Sequence[Reading], known: dict[str, list[Product]]) -> SkuLine:
    reading = next((each for each in read if each.key in known), None)
    if reading is None:
        return SkuLine(text, error=_("We have no product with this SKU."))
    product, *others = known[reading.key]
    if others:
        skus = ", ".join(sorted(each.upc or each.get_title() for each in known[reading.key]))
        return SkuLine(text, error=_("Several products match: %(skus)s.") % {"skus": skus})
    record = next(iter(product.stockrecords.all()), None)
    if product.is_parent:
        error = _("%(product)s: choose an option first.") % {"product": product.get_title()}
        return SkuLine(text, error=error)
    if record is None or record.price is None:
        return SkuLine(text, error=_("This product cannot be ordered at the moment."))
    record.product = product
    try:
        return SkuLine(text, record, QuantityField(minimum=1).clean(reading.quantity or "1"))
    except ValidationError as invalid:
        error = _("Quantity: %(error)s") % {"error": invalid.messages[0]}
        return SkuLine(text, record, error=error)
