"""Stock and price as a part of the product's form."""

from typing import Any

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.partner.models import StockRecord


class StockForm(forms.ModelForm):
    """Price and terms of a stock row; a new one starts with what lies on the shelf."""

    class Meta:
        model = StockRecord
        fields = [
            "partner",
            "partner_sku",
            "price",
            "num_in_stock",
            "low_stock_threshold",
            "backorder",
            "expected_on",
        ]
        labels = {
            "partner": "Held by",
            "partner_sku": "SKU",
            "price": "Price (CAD, before tax)",
            "num_in_stock": "In stock",
            "low_stock_threshold": "Low at",
            "backorder": "Backorder",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:  # from here on it is received, counted and corrected
            self.fields["num_in_stock"].disabled = True

    def clean(self) -> dict[str, Any]:
        """Refuse to end backorder while orders wait for pieces that are not there."""
        data = super().clean() or {}
        in_stock, promised = self._now()
        if in_stock < promised and not data.get("backorder"):
            text = f"{promised} promised to orders, {in_stock} on the shelf: backorder must stay."
            self.add_error("backorder", text)
        return data

    def _now(self) -> tuple[int, int]:
        """Return what is in stock and promised, and keep it so until the form is saved: the
        admin checks and saves a form in one transaction."""
        row = (
            StockRecord.objects.select_for_update()
            .filter(pk=self.instance.pk)
            .values_list("num_in_stock", "num_allocated")
            .first()
        )
        return (row[0] or 0, row[1] or 0) if row else (0, 0)


class StockInline(admin.StackedInline):
    """Price and stock inside the product's form."""

    model = StockRecord
    form = StockForm
    extra = 1
    max_num = 1
    can_delete = False  # orders that were promised pieces point at the row
    readonly_fields = ["promised", "moves"]
    fieldsets = (
        (
            None,
            {
                "fields": [
                    ("partner", "partner_sku"),
                    "price",
                    ("num_in_stock", "promised", "low_stock_threshold"),
                    ("backorder", "expected_on"),
                    "moves",
                ]
            },
        ),
    )
    verbose_name = "price and stock"
    verbose_name_plural = "price and stock"

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Leave out the buttons that change the holder of stock from inside this form."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "partner" and field:
            for verb in ("add", "change", "view", "delete"):
                setattr(field.widget, f"can_{verb}_related", False)
        return field

    @admin.display(description="Promised to orders")
    def promised(self, record: StockRecord) -> int:
        """Return how many pieces orders have taken and not shipped."""
        return record.num_allocated or 0

    @admin.display(description="Moves")
    def moves(self, record: StockRecord) -> SafeString | str:
        """Lead to the page where stock is received, counted and corrected."""
        if not record.pk:
            return "The number above opens the stock ledger."
        url = reverse("admin:partner_stockrecord_change", args=[record.pk])
        return format_html('<a href="{}">Receive, count, correct; the ledger</a>', url)
