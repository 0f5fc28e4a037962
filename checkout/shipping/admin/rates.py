"""Admin of the rate card: one table, its CSV upload and download, and fuel surcharges."""

from collections import Counter
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from checkout.shipping import rate_card
from checkout.shipping.models import FuelSurcharge, MethodZone, ShippingRate
from microflight.core.admin_base import EditableAdmin, admin_page
from microflight.core.csv_files import InvalidFile, csv_response
from microflight.core.sourced_admin import SOURCED_COLUMNS, CheckFilter, SourcedAdmin

#: How many warnings and errors a page shows.
_SHOWN = 100


class ShippingRateForm(forms.ModelForm):
    """A row of a rate card, in which heavier parcels never cost less."""

    def clean(self) -> dict[str, Any]:
        """Reject a price that does not rise with the weight."""
        data = super().clean() or {}
        if self.errors:
            return data
        card = ShippingRate.objects.exclude(pk=self.instance.pk).filter(
            method_zone=data["method_zone"], effective_from=data["effective_from"]
        )
        others = [rate_card.Price(rate.up_to_g, rate.price) for rate in card]
        price = rate_card.Price(data["up_to_g"], data["price"])
        most = data["method_zone"].method.max_weight_g
        for error in rate_card.card_errors([*others, price], most):
            if error.column == "price":
                self.add_error("price", error.message)
        if price.up_to_g > most:
            text = gettext("The method takes %(most)d g at most.")
            self.add_error("up_to_g", text % {"most": most})
        return data


class RateFileForm(forms.Form):
    """A rate card as a CSV file."""

    file = forms.FileField(
        label=_("File"),
        max_length=120,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
        help_text=_("CSV in UTF-8, at most %(size)d MB.")
        % {"size": rate_card.MAX_BYTES // 1024**2},
    )

    def clean_file(self) -> Any:
        """Reject a file that is too large."""
        file = self.cleaned_data["file"]
        if (file.size or 0) > rate_card.MAX_BYTES:
            raise forms.ValidationError(gettext("This file is too large for a rate card."))
        return file


@admin.register(ShippingRate)
class ShippingRateAdmin(EditableAdmin):
    """The rate card: all prices by method, zone, first day and weight."""

    form = ShippingRateForm
    list_display = ["method", "zone", "effective_from", "up_to_g", "price", "free"]
    list_display_links = ["method", "up_to_g"]
    list_select_related = ["method_zone__method", "method_zone__zone"]
    list_filter = ["method_zone__method", "method_zone__zone", "effective_from"]
    search_fields = ["method_zone__method__name", "method_zone__method__code"]
    ordering = [
        "method_zone__zone", "method_zone__method__position", "method_zone__method__code",
        "-effective_from", "up_to_g",
    ]  # fmt: skip
    change_list_template = "admin/shipping/rates.html"

    @admin.display(description=_("Method"), ordering="method_zone__method__position")
    def method(self, rate: ShippingRate) -> str:
        return rate.method_zone.method.name

    @admin.display(description=_("Zone"), ordering="method_zone__zone")
    def zone(self, rate: ShippingRate) -> str:
        return rate.method_zone.zone.name

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **options: Any) -> Any:
        """Read the names of methods and zones in one query."""
        options["queryset"] = MethodZone.objects.select_related("method", "zone")
        return super().formfield_for_foreignkey(db_field, request, **options)

    def get_urls(self) -> list[Any]:
        """Add upload and download."""
        view, name = self.admin_site.admin_view, "shipping_shippingrate_"
        return [
            path("import/", view(self.import_view), name=f"{name}import"),
            path("export.csv", view(self.export_view), name=f"{name}export"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show gaps, overlaps and falling prices."""
        if request.method == "GET":
            for text in rate_card.warnings(timezone.localdate())[:_SHOWN]:
                messages.warning(request, text)
        extra = {"may_import": self._may_import(request), **(extra_context or {})}
        return super().changelist_view(request, extra)

    def _may_import(self, request: HttpRequest) -> bool:
        """An upload adds, changes and removes rows."""
        return (
            self.has_add_permission(request)
            and self.has_change_permission(request)
            and self.has_delete_permission(request)
        )

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Download all rate cards."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return csv_response(rate_card.export(), f"shipping-rates-{timezone.localdate()}.csv")

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Replace the rate cards of a file, or show what is wrong with it by row and column."""
        if not self._may_import(request):
            raise PermissionDenied
        form = RateFileForm(request.POST or None, request.FILES or None)
        errors: list[rate_card.CellError] = []
        if request.method == "POST" and form.is_valid():
            try:
                self._import(request, form.cleaned_data["file"])
                return redirect("admin:shipping_shippingrate_changelist")
            except InvalidFile as error:
                form.add_error("file", str(error))
            except rate_card.InvalidRates as error:
                form.add_error("file", _count_of(error.errors))
                errors = error.errors[:_SHOWN]
        context = {
            "form": form,
            "errors": errors,
            "columns": rate_card.COLUMNS,
            "title": _("Import shipping rates"),
        }
        status = 422 if request.method == "POST" else 200
        return admin_page(self, request, "admin/shipping/import.html", context, status=status)

    def _import(self, request: HttpRequest, file: Any) -> None:
        total: Counter[str] = Counter()
        for card, done in rate_card.import_rates(file):
            total += done
            if done.total():
                names = {"zone": card.method_zone.zone, "day": card.effective_from, **_counts(done)}
                text = "Rates to %(zone)s from %(day)s: %(added)d added, %(changed)d changed, "
                text += "%(removed)d removed."
                self.log_change(request, card.method_zone.method, text % names)
        text = gettext("Rows: %(added)d added, %(changed)d changed, %(removed)d removed.")
        messages.success(request, text % _counts(total))


def _counts(done: Counter[str]) -> dict[str, int]:
    return {name: done[name] for name in ("added", "changed", "removed")}


def _count_of(errors: list[rate_card.CellError]) -> str:
    text = ngettext(
        "%(count)d error. Nothing was saved.", "%(count)d errors. Nothing was saved.", len(errors)
    )
    return text % {"count": len(errors)}


@admin.register(FuelSurcharge)
class FuelSurchargeAdmin(SourcedAdmin):
    """Fuel surcharges by class and first day. To change one, add a row."""

    list_display = ["surcharge", "percentage", "starts_on", "source", *SOURCED_COLUMNS]
    list_filter = ["surcharge", CheckFilter]
    search_fields = ["source"]
