"""Admin of Oscar's offers, product ranges and discount codes."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _
from oscar.apps.voucher.models import Voucher

from catalog.admin.fields import CategoriesField
from checkout.offers.conflicts import competing_offers, is_on_shipping
from checkout.offers.models import Benefit, Condition, ConditionalOffer, Range, RangeProduct
from microflight.core import page_cache
from microflight.core.admin_base import EditableAdmin, NamedRowsMixin, state_label
from microflight.core.change_log import ChangeLogMixin
from microflight.core.money import format_money
from microflight.core.numbers import DecimalField


class RangeProductInline(admin.TabularInline):
    """Single products of a range."""

    model = RangeProduct
    extra = 1
    fields = ["product", "display_order"]
    autocomplete_fields = ["product"]
    verbose_name = _("product")
    verbose_name_plural = _("products in this range")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Fetch the names of the products with the rows."""
        return super().get_queryset(request).select_related("product__parent")


@admin.register(Range)
class RangeAdmin(ChangeLogMixin, EditableAdmin):
    """Product ranges: the products that an offer applies to."""

    list_display = ["name", "includes_all_products", "is_public"]
    view_on_site = False
    search_fields = ["name"]
    fieldsets = (
        (None, {"fields": ("name", "description", "includes_all_products")}),
        (_("Categories and product types"), {"fields": ("included_categories", "classes")}),
        (_("Excluded"), {"fields": ("excluded_categories", "excluded_products")}),
    )
    filter_horizontal = ["classes"]
    deleted_with = frozenset({"offer.rangeproduct", "offer.rangeproductfileupload"})
    autocomplete_fields = ["excluded_products"]
    inlines = [RangeProductInline]

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Show categories as a tree of checkboxes; Oscar's labels query the ancestors of each."""
        if db_field.name in ("included_categories", "excluded_categories"):
            return CategoriesField(
                required=False, label=db_field.verbose_name, help_text=db_field.help_text
            )
        return super().formfield_for_manytomany(db_field, request, **kwargs)


#: Descriptions of conditions and benefits; Oscar's own query the range of each.
_DESCRIPTIONS = {
    Condition.COUNT: ngettext_lazy(
        "%(value)s item from %(range)s", "%(value)s items from %(range)s", "number"
    ),
    Condition.VALUE: _("$%(value)s spent on %(range)s"),
    Condition.COVERAGE: ngettext_lazy(
        "%(value)s product from %(range)s", "%(value)s different products from %(range)s", "number"
    ),
    Benefit.PERCENTAGE: _("%(value)s%% off %(range)s"),
    Benefit.FIXED: _("$%(value)s off %(range)s"),
    Benefit.FIXED_UNIT: _("$%(value)s off each item from %(range)s"),
    Benefit.MULTIBUY: _("cheapest item from %(range)s free"),
    Benefit.FIXED_PRICE: _("%(range)s for $%(value)s"),
    Benefit.SHIPPING_PERCENTAGE: _("%(value)s%% off shipping"),
    Benefit.SHIPPING_ABSOLUTE: _("$%(value)s off shipping"),
    Benefit.SHIPPING_FIXED_PRICE: _("shipping for $%(value)s"),
}


def describe(rule: Condition | Benefit) -> str:
    """Return a short description of a condition or benefit; select its range with it."""
    description = _DESCRIPTIONS.get(rule.type)
    if description is None:
        return str(rule)
    value = "–" if rule.value is None else f"{rule.value.normalize():f}"
    name = rule.range.name if rule.range else gettext("any product")
    return description % {"value": value, "range": name, "number": int(rule.value or 0)}


class RuleField(forms.ModelChoiceField):
    """A field for a condition or benefit."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the description."""
        return describe(obj)


class _RuleAdmin(ChangeLogMixin, NamedRowsMixin, EditableAdmin):
    """A condition or benefit."""

    list_display = ["rule", "type", "value", "range"]
    list_select_related = ["range"]
    list_filter = ["type"]
    search_fields = ["range__name"]

    @admin.display(description=_("Rule"))
    def rule(self, obj: Any) -> str:
        """Return the description."""
        return describe(obj)

    def row_name(self, obj: Any) -> str:
        """Return the description."""
        return describe(obj)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        """Save, and warn about offers that compete by the new rule."""
        super().save_related(request, form, formsets, change)
        for offer in form.instance.offers.select_related("condition__range", "benefit__range"):
            warn_of_competitors(request, offer)

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Require a type: without one, pricing a cart fails. Oscar's own field of the value
        ignores how the admin reads numbers."""
        if db_field.name == "value":
            return models.DecimalField.formfield(db_field, form_class=DecimalField, min_value=0)
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "type" and field:
            field.required = True
        return field


@admin.register(Condition)
class ConditionAdmin(_RuleAdmin):
    """Conditions: when an offer applies."""

    fields = ["type", "value", "range"]


@admin.register(Benefit)
class BenefitAdmin(_RuleAdmin):
    """Benefits: the discount of an offer."""

    fields = ["type", "value", "range", "max_affected_items"]


class OfferForm(forms.ModelForm):
    """An offer that can apply."""

    def clean(self) -> dict[str, Any]:
        """Reject a fixed price for products worth an amount: Oscar never applies it."""
        data = super().clean() or {}
        types = [getattr(data.get(name), "type", None) for name in ("condition", "benefit")]
        if types == [Condition.VALUE, Benefit.FIXED_PRICE]:
            text = gettext("A fixed price needs a condition that counts items.")
            self.add_error("condition", text)
        return data


def warn_of_competitors(request: HttpRequest, offer: ConditionalOffer) -> None:
    """Add a warning about each offer that competes with one that was saved."""
    for other in competing_offers(offer):
        text = gettext(
            "“%(this)s” and “%(other)s” exclude each other on the same items, so shoppers may "
            "not get the one on shipping. To give both, combine them, with neither exclusive."
        )
        if is_on_shipping(other) == is_on_shipping(offer):
            text = gettext(
                "“%(this)s” and “%(other)s” have some of the same products, and shoppers get "
                "only the one with the higher priority on them. To give both, combine them, "
                "with neither exclusive."
            )
        messages.warning(request, text % {"this": offer.name, "other": other.name})


def status_field() -> forms.ChoiceField:
    """Return the field of the statuses that staff set; "Consumed" follows from the limits."""
    states = [(ConditionalOffer.OPEN, _("Open")), (ConditionalOffer.SUSPENDED, _("Suspended"))]
    hint = _("An offer ends when its limit is reached.")
    return forms.ChoiceField(choices=states, label=_("Status"), help_text=hint)


@admin.register(ConditionalOffer)
class OfferAdmin(ChangeLogMixin, EditableAdmin):
    """Offers: condition, benefit, dates and limits."""

    view_on_site = False
    deleted_with = frozenset({"offer.eligibleemail"})
    instead_of_deleting = _("To end an offer, set its status to “Suspended”.")
    saved_with = frozenset({"status"})  # reopened or consumed, as its limits say
    form = OfferForm
    list_display = ["name", "state", "type", "start_datetime", "end_datetime", "discount"]
    list_filter = ["offer_type", "status"]
    search_fields = ["name", "description"]
    readonly_fields = ["eligibility", "total_discount", "num_applications", "num_orders"]
    fieldsets = (
        (None, {"fields": ("name", "description", "offer_type", "eligibility", "status")}),
        (_("Rule"), {"fields": ("condition", "benefit", "priority", "exclusive", "combinations")}),
        (_("Dates"), {"fields": ("start_datetime", "end_datetime")}),
        (
            _("Limits"),
            {
                "fields": (
                    "max_global_applications",
                    "max_user_applications",
                    "max_basket_applications",
                    "max_discount",
                ),
                "description": _("Leave a field empty for no limit."),
            },
        ),
        (_("Usage"), {"fields": ("total_discount", "num_applications", "num_orders")}),
    )
    filter_horizontal = ["combinations"]

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        """Save, and warn about another offer that may silently not apply."""
        super().save_related(request, form, formsets, change)
        page_cache.invalidate()  # of pages with its banner
        warn_of_competitors(request, form.instance)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Select the rules, which an offer's name may show."""
        return super().get_queryset(request).select_related("condition", "benefit")

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Limit the statuses to those that staff set; "Consumed" follows from the limits."""
        if db_field.name == "status":
            return status_field()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Describe conditions and benefits, with one query for all of them."""
        model = db_field.remote_field.model
        if model in (Condition, Benefit):
            kwargs |= {"form_class": RuleField, "queryset": model.objects.select_related("range")}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=_("State"), ordering="status")
    def state(self, offer: ConditionalOffer) -> str:
        """Return the status; its dates and limits are columns of their own."""
        is_open = offer.status == ConditionalOffer.OPEN
        name = "policy-published" if is_open else "policy-superseded"
        return state_label(name, gettext(offer.status))

    @admin.display(description=_("For"), ordering="offer_type")
    def type(self, offer: ConditionalOffer) -> str:
        """Return who gets it, without the explanation of the form."""
        return str(offer.get_offer_type_display()).partition(" - ")[0]

    @admin.display(description=_("Total discount"), ordering="total_discount")
    def discount(self, offer: ConditionalOffer) -> str:
        """Return the total discount and the number of orders."""
        return discount_in_orders(offer.total_discount, offer.num_orders)


def discount_in_orders(discount: Decimal, orders: int) -> str:
    """Return a discount (CAD) and the number of orders that got it."""
    text = ngettext("%(amount)s in %(count)d order", "%(amount)s in %(count)d orders", orders)
    return text % {"amount": format_money(discount), "count": orders}


class VoucherForm(forms.ModelForm):
    """A discount code that gives something."""

    def clean_code(self) -> str:
        """Return the code in capitals, as it is saved and compared, so that it is unique."""
        return str(self.cleaned_data["code"]).strip().upper()

    def clean_offers(self) -> Any:
        """Require an offer that is open. The field lists only offers that need a code."""
        offers = self.cleaned_data["offers"]
        if not offers:
            raise ValidationError(gettext("Choose an offer, or the code never applies."))
        if all(offer.status != ConditionalOffer.OPEN for offer in offers):
            raise ValidationError(gettext("All of these offers are suspended or used up."))
        return offers


@admin.register(Voucher)
class VoucherAdmin(ChangeLogMixin, EditableAdmin):
    """Discount codes (Oscar: vouchers)."""

    form = VoucherForm
    deleted_with = frozenset({"basket.basket_vouchers"})
    instead_of_deleting = _("To end a discount code, set its end to today.")
    list_display = ["code", "name", "usage", "start_datetime", "end_datetime", "num_orders"]
    list_filter = ["usage"]
    search_fields = ["code", "name"]
    readonly_fields = ["num_basket_additions", "num_orders", "total_discount"]
    fieldsets = (
        (None, {"fields": ("name", "code", "usage", "offers")}),
        (_("Dates"), {"fields": ("start_datetime", "end_datetime")}),
        (_("Usage"), {"fields": ("num_basket_additions", "num_orders", "total_discount")}),
    )
    filter_horizontal = ["offers"]
