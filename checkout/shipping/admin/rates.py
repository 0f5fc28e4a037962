"""Admin of the rate card and of fuel surcharges. Files of rates: `microflight.imports`."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from checkout.shipping import rate_card
from checkout.shipping.models import FuelSurcharge, MethodZone, ShippingRate
from microflight.core.admin_base import EditableAdmin
from microflight.core.sourced_admin import SOURCED_COLUMNS, CheckFilter, SourcedAdmin

#: How many warnings a page shows.
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

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show gaps, overlaps and falling prices."""
        if request.method == "GET":
            for text in rate_card.warnings(timezone.localdate())[:_SHOWN]:
                messages.warning(request, text)
        return super().changelist_view(request, extra_context)


@admin.register(FuelSurcharge)
class FuelSurchargeAdmin(SourcedAdmin):
    """Fuel surcharges by class and first day. To change one, add a row."""

    list_display = ["surcharge", "percentage", "starts_on", "source", *SOURCED_COLUMNS]
    list_filter = ["surcharge", CheckFilter]
    search_fields = ["source"]
