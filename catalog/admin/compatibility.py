"""The admin of port rules, and of what staff enter about two products."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog.admin import refresh
from catalog.compatibility.models import CompatibilityEntry, PortRule
from catalog.models import Product, ProductAttribute
from microflight.core.admin_base import EditableAdmin, NamedRowsMixin


class AttributeChoiceField(forms.ModelChoiceField):
    """An attribute, named with its product type: “Receiver: Voltage (V)”."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.product_class}: {obj.name}"


@admin.register(PortRule)
class PortRuleAdmin(NamedRowsMixin, EditableAdmin):
    """What attributes say about ports. Saving one updates all products of the type."""

    list_display = ["attribute", "product_type", "interface", "direction", "quantity"]
    list_filter = ["interface", "direction", "attribute__product_class"]
    list_select_related = ["attribute__product_class"]
    search_fields = ["attribute__name", "attribute__product_class__name"]
    fields = ["attribute", "interface", "direction", "quantity", "is_required"]

    def row_name(self, obj: Any) -> str:
        return f"{obj.attribute.product_class}: {obj.attribute.name}, {obj}"

    @admin.display(description=_("Type"), ordering="attribute__product_class")
    def product_type(self, rule: PortRule) -> str:
        return str(rule.attribute.product_class)

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Name the product type of each attribute."""
        if db_field.name == "attribute":
            attributes = ProductAttribute.objects.filter(product_class__isnull=False)
            kwargs["queryset"] = attributes.select_related("product_class").order_by(
                "product_class__name", "name"
            )
            kwargs["form_class"] = AttributeChoiceField
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and update the ports of the type's products, and of the type it was about."""
        types = {obj.attribute.product_class_id}
        if change:
            before = PortRule.objects.filter(pk=obj.pk)
            types |= set(before.values_list("attribute__product_class", flat=True))
        super().save_model(request, obj, form, change)
        _update(types)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete, and update the ports of the type's products."""
        types = {obj.attribute.product_class_id}
        super().delete_model(request, obj)
        _update(types)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Delete, and update the ports of the types' products."""
        types = set(queryset.values_list("attribute__product_class", flat=True))
        super().delete_queryset(request, queryset)
        _update(types)


def _update(types: set[Any]) -> None:
    products = Product.objects.filter(product_class__in=types)
    refresh.products_changed(products.values_list("pk", flat=True))


@admin.register(CompatibilityEntry)
class CompatibilityEntryAdmin(NamedRowsMixin, EditableAdmin):
    """What staff know about two products. Saving one updates the pages of both."""

    list_display = ["product_name", "relation", "other_name", "reason"]
    list_display_links = ["product_name"]
    list_filter = ["relation"]
    list_select_related = ["product__parent", "other__parent"]
    search_fields = ["product__title", "product__upc", "other__title", "other__upc", "reason"]
    search_help_text = _("Title, SKU or reason.")
    autocomplete_fields = ["product", "other"]
    fields = ["product", "relation", "other", "reason"]

    def row_name(self, obj: Any) -> str:
        return f"{obj.product.get_title()} {obj.get_relation_display()} {obj.other.get_title()}"

    @admin.display(description=_("Product"), ordering="product__title")
    def product_name(self, entry: CompatibilityEntry) -> str:
        return entry.product.get_title()

    @admin.display(description=_("Other product"), ordering="other__title")
    def other_name(self, entry: CompatibilityEntry) -> str:
        return entry.other.get_title()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and update the pages of both products, and of those it was about."""
        rows = CompatibilityEntry.objects.filter(pk=obj.pk)
        before = [pk for pair in rows.values_list("product", "other") for pk in pair]
        super().save_model(request, obj, form, change)
        refresh.products_changed([obj.product_id, obj.other_id, *before])

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete, and update the pages of both products."""
        products = [obj.product_id, obj.other_id]
        super().delete_model(request, obj)
        refresh.products_changed(products)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Delete, and update the pages of all their products."""
        products = [pk for pair in queryset.values_list("product", "other") for pk in pair]
        super().delete_queryset(request, queryset)
        refresh.products_changed(products)
