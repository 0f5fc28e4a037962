"""Offers and vouchers: Oscar's tables, with forms that staff can use."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from oscar.apps.voucher.models import Voucher

from catalog.admin.fields import CategoriesField
from checkout.offers.models import Benefit, Condition, ConditionalOffer, Range, RangeProduct
from microflight.core.admin_base import NamedRowsMixin


class RangeProductInline(admin.TabularInline):
    """The products of a range."""

    model = RangeProduct
    extra = 1
    fields = ["product", "display_order"]
    autocomplete_fields = ["product"]
    verbose_name = "product"
    verbose_name_plural = "products in this range"


@admin.register(Range)
class RangeAdmin(admin.ModelAdmin):
    """Which products an offer is about."""

    list_display = ["name", "includes_all_products", "is_public"]
    view_on_site = False
    search_fields = ["name"]
    fieldsets = (
        (None, {"fields": ("name", "description", "includes_all_products")}),
        ("Whole categories and kinds", {"fields": ("included_categories", "classes")}),
        ("Except", {"fields": ("excluded_categories", "excluded_products")}),
    )
    filter_horizontal = ["classes"]
    autocomplete_fields = ["excluded_products"]
    inlines = [RangeProductInline]

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Show categories as a tree of ticks; Oscar's names for them read their ancestors."""
        if db_field.name in ("included_categories", "excluded_categories"):
            return CategoriesField(
                required=False, label=db_field.verbose_name, help_text=db_field.help_text
            )
        return super().formfield_for_manytomany(db_field, request, **kwargs)


#: Short words for rules: Oscar's own ask the database for the range once per rule.
_WORDS = {
    Condition.COUNT: "{value} pieces of {range}",
    Condition.VALUE: "${value} spent on {range}",
    Condition.COVERAGE: "{value} different ones of {range}",
    Benefit.PERCENTAGE: "{value} % off {range}",
    Benefit.FIXED: "${value} off {range}",
    Benefit.FIXED_UNIT: "${value} off each of {range}",
    Benefit.MULTIBUY: "the cheapest of {range} free",
    Benefit.FIXED_PRICE: "{range} for ${value}",
    Benefit.SHIPPING_PERCENTAGE: "{value} % off delivery",
    Benefit.SHIPPING_ABSOLUTE: "${value} off delivery",
    Benefit.SHIPPING_FIXED_PRICE: "delivery for ${value}",
}


def rule_words(rule: Condition | Benefit) -> str:
    """Return a condition or a benefit in a few words, its range fetched along."""
    words = _WORDS.get(rule.type)
    if words is None:
        return str(rule)
    value = "–" if rule.value is None else f"{rule.value.normalize():f}"
    return words.format(value=value, range=rule.range.name if rule.range else "anything")


class RuleField(forms.ModelChoiceField):
    """A choice among conditions or benefits."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the rule in a few words."""
        return rule_words(obj)


class _PartOfOffer(NamedRowsMixin, admin.ModelAdmin):
    """Half of an offer: a rule over a range."""

    list_display = ["rule", "type", "value", "range"]
    list_select_related = ["range"]
    list_filter = ["type"]
    search_fields = ["range__name"]

    @admin.display(description="Rule")
    def rule(self, part: Any) -> str:
        """Return the rule in a few words."""
        return rule_words(part)

    def row_name(self, obj: Any) -> str:
        """Return the rule in a few words."""
        return rule_words(obj)

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Ask for the kind of rule: without one it would fail at the first cart."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "type" and field:
            field.required = True
        return field


@admin.register(Condition)
class ConditionAdmin(_PartOfOffer):
    """When an offer holds."""

    fields = ["type", "value", "range"]


@admin.register(Benefit)
class BenefitAdmin(_PartOfOffer):
    """What an offer gives."""

    fields = ["type", "value", "range", "max_affected_items"]


@admin.register(ConditionalOffer)
class OfferAdmin(admin.ModelAdmin):
    """Condition, benefit, dates and limits."""

    view_on_site = False
    list_display = ["name", "offer_type", "status", "start_datetime", "end_datetime", "given"]
    list_filter = ["offer_type", "status"]
    search_fields = ["name", "description"]
    readonly_fields = ["total_discount", "num_applications", "num_orders"]
    fieldsets = (
        (None, {"fields": ("name", "description", "offer_type", "status")}),
        ("Rule", {"fields": ("condition", "benefit", "priority", "exclusive", "combinations")}),
        ("Dates", {"fields": ("start_datetime", "end_datetime")}),
        (
            "Limits",
            {
                "fields": (
                    "max_global_applications",
                    "max_user_applications",
                    "max_basket_applications",
                    "max_discount",
                ),
                "description": "An empty field sets no limit.",
            },
        ),
        ("Used so far", {"fields": ("total_discount", "num_applications", "num_orders")}),
    )
    filter_horizontal = ["combinations"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Fetch the rules along: an offer's name in a list may show them."""
        return super().get_queryset(request).select_related("condition", "benefit")

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer the states that there are; "Consumed" follows from the limits."""
        if db_field.name == "status":
            states = [(ConditionalOffer.OPEN, "Open"), (ConditionalOffer.SUSPENDED, "Suspended")]
            words = "An offer whose limit is reached ends by itself."
            return forms.ChoiceField(choices=states, label="Status", help_text=words)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Name conditions and benefits in a few words, with one statement for all of them."""
        model = db_field.remote_field.model
        if model in (Condition, Benefit):
            kwargs |= {"form_class": RuleField, "queryset": model.objects.select_related("range")}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description="Given so far", ordering="total_discount")
    def given(self, offer: ConditionalOffer) -> str:
        """Return dollars, and in how many orders."""
        return f"${offer.total_discount:,} in {offer.num_orders} orders"


@admin.register(Voucher)
class VoucherAdmin(admin.ModelAdmin):
    """A word to type in the cart."""

    list_display = ["code", "name", "usage", "start_datetime", "end_datetime", "num_orders"]
    list_filter = ["usage"]
    search_fields = ["code", "name"]
    readonly_fields = ["num_basket_additions", "num_orders", "total_discount"]
    fieldsets = (
        (None, {"fields": ("name", "code", "usage", "offers")}),
        ("Dates", {"fields": ("start_datetime", "end_datetime")}),
        ("Used so far", {"fields": ("num_basket_additions", "num_orders", "total_discount")}),
    )
    filter_horizontal = ["offers"]
