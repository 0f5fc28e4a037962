"""Admin of shipping methods, and the zones that they ship to."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from checkout.shipping import rate_card
from checkout.shipping.models import MethodZone, ShippingMethod
from checkout.shipping.rules import ShippingRule
from microflight.core.admin_base import EditableAdmin


class MethodZoneForm(forms.ModelForm):
    """A zone with a valid range of days."""

    def clean(self) -> dict[str, Any]:
        """Reject a maximum below the minimum."""
        data = super().clean() or {}
        if (data.get("min_days") or 0) > (data.get("max_days") or 10**4):
            self.add_error("max_days", gettext("Enter at least the minimum number of days."))
        return data


class MethodZoneFormSet(forms.BaseInlineFormSet):
    """The zones of a method."""

    def clean(self) -> None:
        """Reject a second active method of the same name in a zone."""
        super().clean()
        if any(self.errors) or not self.instance.active:
            return
        rows = [form.cleaned_data for form in self.forms if form.cleaned_data]
        zones = [row["zone"] for row in rows if not row.get("DELETE")]
        same = MethodZone.objects.exclude(method=self.instance.pk).filter(
            zone__in=zones, method__name__iexact=self.instance.name.strip(), method__active=True
        )
        if other := same.select_related("zone").first():
            text = gettext("The zone “%(zone)s” already has an active method of this name.")
            raise ValidationError(text % {"zone": other.zone})


class MethodZoneInline(admin.TabularInline):
    """The zones that a method ships to, and how long it takes."""

    model = MethodZone
    form = MethodZoneForm
    formset = MethodZoneFormSet
    extra = 1


class ShippingMethodForm(forms.ModelForm):
    """A method; of active ones, one at most is pickup."""

    def clean(self) -> dict[str, Any]:
        """Reject a second pickup method: shoppers would never see it."""
        data = super().clean() or {}
        if data.get("pickup") and data.get("active"):
            others = ShippingMethod.objects.exclude(pk=self.instance.pk)
            if other := others.filter(pickup=True, active=True).first():
                text = gettext("“%(method)s” is the pickup method already.")
                self.add_error("pickup", text % {"method": other})
        return data


@admin.register(ShippingMethod)
class ShippingMethodAdmin(EditableAdmin):
    """Shipping methods; their rates have a page of their own."""

    form = ShippingMethodForm
    list_display = [
        "name", "code", "max_weight_g", "volumetric_divisor", "tracked", "active", "position",
    ]  # fmt: skip
    list_filter = ["zones__zone", "active"]
    search_fields = ["name", "code"]
    inlines = [MethodZoneInline]
    deleted_with = frozenset({"shipping.methodzone", "shipping.shippingrate"})
    instead_of_deleting = _("To stop offering a shipping method, turn off “Active”.")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep the code of a method, by which rules and orders name it."""
        return ["code"] if obj else []

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save, and warn where shoppers will not see the method, or at another price."""
        super().save_related(request, form, formsets, change)
        for text in rate_card.warnings(timezone.localdate(), form.instance):
            messages.warning(request, text)

    def reasons_to_keep(self, records: list[Any]) -> list[str]:
        """Keep the methods that rules name."""
        codes = {method.code for method in records}
        rules = [rule for rule in ShippingRule.objects.all() if codes & set(rule.methods.split())]
        text = gettext("shipping rules: %(rules)s")
        named = [text % {"rules": ", ".join(map(str, rules))}] if rules else []
        return super().reasons_to_keep(records) + named
