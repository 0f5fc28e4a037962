"""Admin of shipping rules. To end a rule, enter its last day or turn it off."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from checkout.shipping.admin.gaps import GapsMixin
from checkout.shipping.french import missing_texts
from checkout.shipping.models import ShippingMethod
from checkout.shipping.places import shortened, tidy_places
from checkout.shipping.rules import RuleType, ShippingRule
from microflight.core.sourced_admin import SOURCED_COLUMNS, CheckFilter, SourcedAdmin


class ShippingRuleForm(forms.ModelForm):
    """A rule about methods that exist; each type checks its own fields in `ShippingRule.clean`."""

    def clean_places(self) -> str:
        return tidy_places(self.cleaned_data["places"])

    def clean_methods(self) -> str:
        """Reject codes of methods that do not exist: the rule would apply to none."""
        codes = self.cleaned_data["methods"].split()
        known = set(ShippingMethod.objects.values_list("code", flat=True))
        if wrong := [code for code in codes if code not in known]:
            text = gettext("No shipping method has the code “%(code)s”.")
            raise forms.ValidationError(text % {"code": wrong[0]})
        return " ".join(codes)


@admin.register(ShippingRule)
class ShippingRuleAdmin(GapsMixin, SourcedAdmin):
    """What carriers and laws allow to a destination."""

    form = ShippingRuleForm
    change_list_template = "admin/shipping/rules.html"
    list_display = ["code", "type", "where", "reason", "active", *SOURCED_COLUMNS]
    list_filter = [CheckFilter, "type", "active"]
    search_fields = ["code", "reason", "places", "methods"]
    readonly_fields = ["missing_french"]
    instead_of_deleting = _("To end a rule, enter its last day or turn off “Active”.")
    fieldsets = (
        (None, {"fields": ["code", "type", "reason", "active", "missing_french"]}),
        (_("Where and when"), {"fields": [
            "places", "except_places", "methods", ("starts_on", "ends_on"),
        ]}),
        (_("Limit"), {"fields": [
            "accepted", ("maximum", "max_batteries"), ("length_mm", "width_mm", "height_mm"),
        ]}),
        (_("Source"), {"fields": ["source", "source_date", "check_again_on", "confirmed"]}),
    )  # fmt: skip

    @admin.display(description=_("Destinations"))
    def where(self, rule: ShippingRule) -> str:
        shown = shortened(rule.places)
        if rule.except_places:
            return gettext("everywhere but %(places)s") % {"places": shown}
        return shown or gettext("everywhere")

    @admin.display(description=_("Missing French texts"))
    def missing_french(self, rule: ShippingRule) -> SafeString | str:
        """Return what must be translated before this rule is turned off."""
        if rule.type != RuleType.FRENCH:
            return "–"
        if not (missing := missing_texts()):
            return gettext("None: the rule can be turned off.")
        return format_html(
            "<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((text,) for text in missing))
        )

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:
        """Show the missing French texts on the page of such a rule only."""
        if obj is not None and obj.type == RuleType.FRENCH:
            return self.fieldsets
        (name, first), *rest = self.fieldsets
        fields = [field for field in first["fields"] if field != "missing_french"]
        return [(name, {"fields": fields}), *rest]
