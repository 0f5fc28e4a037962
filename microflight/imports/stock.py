"""Stock and prices: rows that belong to products by their SKU."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext
from import_export import fields

from catalog.admin import refresh
from catalog.partner import ledger
from catalog.partner.models import Partner, StockRecord
from microflight.core.bounds import MAX_UNITS
from microflight.core.forms import LineField
from microflight.core.history import BATCH, history_of, update_in_bulk
from microflight.core.numbers import IntegerField
from microflight.imports.products import BySku, Named, by_name
from microflight.imports.report import Planned
from microflight.imports.resources import ShopResource, cell, folded, own_cell


class StockResource(BySku):
    """Stock records: price, terms, and the quantity on hand, which goes through the ledger."""

    key_columns: ClassVar[tuple[str, ...]] = ("sku", "supplier")
    names: ClassVar[tuple[str, ...]] = (
        "sale_price", "sale_from", "sale_until", "low_stock_threshold", "backorder", "expected_on",
        "location",
    )  # fmt: skip
    has_quantity = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.suppliers = list(Partner.objects.order_by("-pk"))
        self.fields |= {
            "sku": own_cell("sku", "import_sku", LineField()),
            "supplier": own_cell("supplier", "partner", Named(by_name(self.suppliers))),
            "price": cell(StockRecord, "regular_price", "price"),
            **{name: cell(StockRecord, name) for name in self.names},
        }
        if self.has_quantity:
            on_hand = IntegerField(min_value=0, max_value=MAX_UNITS, required=False)
            self.fields["on_hand"] = own_cell("on_hand", "import_on_hand", on_hand)

    class Meta(ShopResource.Meta):
        model = StockRecord

    def rows(self) -> Any:
        return StockRecord.objects.select_related("partner", "product").order_by(
            "partner_sku", "pk"
        )

    def product_rows(self) -> Any:
        records = StockRecord.objects.select_related("partner")
        return super().product_rows().prefetch_related(Prefetch("stockrecords", records))

    def find(self, key: tuple[str, ...]) -> Any:
        product = self.product(key)
        records = list(product.stockrecords.all()) if product else []
        wanted = [one for one in records if folded(key[1]) in ("", folded(one.partner.name))]
        if len(wanted) > 1:
            text = gettext("Several suppliers have this SKU: enter the supplier.")
            raise ValidationError({"partner": text})
        return wanted[0] if wanted else None

    def identity(self, instance: Any, row: Any) -> Any:
        return instance.product_id, instance.partner_id

    def init_instance(self, row: Any = None) -> StockRecord:
        """Return a new record of a product that exists."""
        product = self.product(self._key(row or {}))
        if product is None:
            raise ValidationError({"sku": self.missing(self._key(row or {}))})
        record = StockRecord(product=product, partner_sku=product.upc or "", num_in_stock=0)
        if len(self.suppliers) == 1:
            record.partner = self.suppliers[0]
        record.opened_by = self.by
        return record

    def unchanged(self) -> set[str]:
        """Without backorder, as much must be on hand as is committed."""
        levels = {"num_in_stock", "num_allocated"} if "backorder" in self.row_changed else set()
        return super().unchanged() - levels

    def _prepare(self, record: Any) -> None:
        if not hasattr(record, "import_sku"):
            record.import_sku = record.partner_sku
            record.import_on_hand = record.num_in_stock or 0

    def exported(self, instance: Any) -> list[Any]:
        self._prepare(instance)
        return super().exported(instance)

    def cells(self, instance: Any, row: Any) -> dict[str, Any]:
        self._prepare(instance)
        return super().cells(instance, row)

    def value(self, field: fields.Field, record: Any) -> Any:
        if field.column_name == "sku":
            return record.product.upc or record.partner_sku
        if field.column_name == "supplier":
            return record.partner.name if record.partner_id else ""
        return super().value(field, record)

    def create(self, some: list[Planned]) -> None:
        rows = [one.instance for one in some]
        for one in rows:
            one.num_in_stock = one.import_on_hand or 0  # the queryset writes the movements
        StockRecord.objects.bulk_create(rows, batch_size=BATCH)
        history_of(StockRecord).record_changed(rows, "+")
        _apply_sales(rows)

    def update(self, some: list[Planned]) -> None:
        """Save prices and terms, and count the stock to the quantity of the file."""
        if columns := self.columns_of(some):
            for one in some:
                one.instance.date_updated = timezone.now()
            rows = [one.instance for one in some]
            update_in_bulk(StockRecord, rows, [*columns, "date_updated"])
            _apply_sales(rows)
        counted = {one.instance.pk: one for one in some if "on_hand" in one.changed}
        counts = {
            pk: (one.instance.num_in_stock or 0, one.instance.import_on_hand)
            for pk, one in counted.items()
            if one.instance.import_on_hand is not None
        }
        wrong = ledger.count_many(counts, by=self.by, reason=gettext("Import"))
        for pk, error in wrong.items():
            row, text = counted[pk], str(error)
            self._note(row.number, row.row, ValidationError({"import_on_hand": text}))

    def clear(self) -> None:
        """Only a new record is part of the read model: pages read prices and stock live."""
        refresh.clear({one.instance.product_id for one in self.planned if one.is_new})


def _apply_sales(rows: list[Any]) -> None:
    """Store the prices in effect, which follow from the columns that were written."""
    records = StockRecord.objects.filter(pk__in=[one.pk for one in rows])
    records.apply_sales(timezone.localdate())


class PriceResource(StockResource):
    """Prices alone."""

    names: ClassVar[tuple[str, ...]] = ("sale_price", "sale_from", "sale_until")
    has_quantity = False
