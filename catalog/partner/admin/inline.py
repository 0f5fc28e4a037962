"""Price and stock inside the product form."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.partner.models import Partner, StockRecord
from microflight.core.money import format_money


class StockRecordForm(forms.ModelForm):
    """Price and terms of a stock record; only a new one takes the quantity on hand."""

    class Meta:
        model = StockRecord
        fields = [
            "partner",
            "regular_price",
            "cost",
            "sale_price",
            "sale_from",
            "sale_until",
            "num_in_stock",
            "low_stock_threshold",
            "backorder",
            "expected_on",
            "location",
        ]
        labels = {
            "partner": _("Supplier"),
            "regular_price": _("Price (CAD, before tax)"),
            "num_in_stock": _("On hand"),
            "low_stock_threshold": _("Low-stock threshold"),
            "backorder": _("Backorder"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:  # from now on stock is received, counted and adjusted
            self.fields["num_in_stock"].disabled = True

    def clean(self) -> dict[str, Any]:
        """Reject the end of backorder while more is committed to orders than is on hand.

        The record is locked until the form is saved: the admin does both in one transaction.
        """
        data = super().clean() or {}
        records = StockRecord.objects.select_for_update().filter(pk=self.instance.pk)
        row = records.values_list("num_in_stock", "num_allocated").first() or (0, 0)
        on_hand, committed = row[0] or 0, row[1] or 0
        if on_hand < committed and not data.get("backorder"):
            message = gettext(
                "Backorder can't be turned off: committed to orders: %(committed)s; on hand: "
                "%(on_hand)s."
            )
            self.add_error("backorder", message % {"committed": committed, "on_hand": on_hand})
        return data


def only_partner(request: HttpRequest) -> Partner | None:
    """Return the supplier if there is one only, so that forms need not ask. Read once a request."""
    page = cast(Any, request)
    if not hasattr(page, "_partners"):
        page._partners = list(Partner.objects.all()[:2])
    return page._partners[0] if len(page._partners) == 1 else None


class StockFormSet(forms.BaseInlineFormSet):
    """Rejects stock without a SKU, and stock of a kit: it has that of its components.

    What is entered for a new product with variants is what their rows are generated with.
    """

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form: Any = super()._construct_form(i, **kwargs)  # type: ignore[misc]  # not in the stubs
        if cast(Any, self.instance).is_parent:
            form.has_changed = lambda: False
        return form

    def clean(self) -> None:
        """Check the levels against the product as it is about to be saved."""
        super().clean()
        kit: Any = self.instance
        if any(self.errors):
            return
        if not kit.upc and any(form.has_changed() for form in self.forms):
            raise ValidationError(gettext("Enter the SKU of the product."))
        if not kit.is_kit:
            return
        for form in self.forms:
            if form.cleaned_data.get("num_in_stock") or form.instance.num_allocated:
                raise ValidationError(
                    gettext("A kit has no stock of its own: count it to 0 before it becomes one.")
                )


class StockInline(admin.StackedInline):
    """Price and stock inside the product form."""

    model = StockRecord
    form = StockRecordForm
    formset = StockFormSet
    extra = 1
    max_num = 1
    can_delete = False  # orders that stock is committed to refer to the record
    readonly_fields = ["committed", "reduction", "stock_link"]
    verbose_name = _("price and stock")
    verbose_name_plural = _("price and stock")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields; the supplier only if there is a choice."""
        rows: list[Any] = [
            ("regular_price", "cost"),
            ("sale_price", "sale_from", "sale_until"),
            "reduction",
            ("num_in_stock", "committed", "low_stock_threshold"),
            ("backorder", "expected_on"),
            "location",
            "stock_link",
        ]
        return [(None, {"fields": rows if only_partner(request) else ["partner", *rows]})]

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Remove the buttons that would add, change or delete the supplier."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "partner" and field:
            for verb in ("add", "change", "view", "delete"):
                setattr(field.widget, f"can_{verb}_related", False)
        return field

    @admin.display(description=_("Committed"))
    def committed(self, record: StockRecord) -> int:
        """Return how many units are committed to orders and not shipped."""
        return record.num_allocated or 0

    @admin.display(description=_("Reduction"))
    def reduction(self, record: StockRecord) -> str:
        """Return the price that pages show now, and the one next to it if it is reduced."""
        if record.prior_price is None or record.price is None:
            return gettext("None: the price is not below the lowest price of the 30 days before.")
        text = gettext("Now %(price)s. Lowest price of the 30 days before: %(before)s.")
        prices = record.price, record.prior_price
        return text % dict(zip(("price", "before"), map(format_money, prices), strict=True))

    @admin.display(description=_("Stock"))
    def stock_link(self, record: StockRecord) -> SafeString | str:
        """Return a link to the page on which stock is received, counted and adjusted."""
        if not record.pk:
            return gettext("The quantity above becomes the opening stock.")
        url = reverse("admin:partner_stockrecord_change", args=[record.pk])
        label = gettext("Receive, count or adjust stock")
        return format_html('<a href="{}">{}</a>', url, label)
