"""Form fields of the catalogue admin."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.admin import widgets
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from catalog.models import AttributeOption, Category, ProductAttribute
from microflight.core import numbers
from microflight.core.forms import LineField
from microflight.core.image_uploads import AttachmentField, ImageUploadField

#: Labels of Oscar's columns in the words of staff.
LABELS: dict[str, Any] = {
    "upc": _("SKU"),
    "partner_sku": _("SKU"),
    "partner": _("Supplier"),
    "structure": _("Structure"),
    "is_public": _("Public"),
}


def _indented(category: Category) -> str:
    """Return the name, indented by depth; Oscar's own name for it queries the parents."""
    return "\u2003" * (category.depth - 1) + category.name


def label_of(field: Any) -> str:
    """Return the label of a column."""
    return str(LABELS.get(field.name) or capfirst(field.verbose_name))


class CategoriesField(forms.ModelMultipleChoiceField):
    """The category tree with checkboxes."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Category.objects.order_by("path"), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        """Indent by depth."""
        return _indented(obj)


class CategoryField(forms.ModelChoiceField):
    """A select of the category tree."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Category.objects.order_by("path"), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        """Indent by depth."""
        return _indented(obj)


PREFIX = "attribute_"

_FIELDS: dict[str, Callable[..., forms.Field]] = {
    ProductAttribute.TEXT: lambda **kw: LineField(widget=widgets.AdminTextInputWidget, **kw),
    ProductAttribute.INTEGER: lambda **kw: numbers.IntegerField(**kw),
    ProductAttribute.BOOLEAN: lambda **kw: forms.NullBooleanField(**kw),
    ProductAttribute.FLOAT: lambda **kw: numbers.FloatField(**kw),
    ProductAttribute.RICHTEXT: lambda **kw: forms.CharField(
        widget=widgets.AdminTextareaWidget, **kw
    ),
    ProductAttribute.DATE: lambda **kw: forms.DateField(widget=widgets.AdminDateWidget, **kw),
    ProductAttribute.DATETIME: lambda **kw: forms.SplitDateTimeField(
        widget=widgets.AdminSplitDateTime, **kw
    ),
    ProductAttribute.FILE: AttachmentField,
    ProductAttribute.IMAGE: ImageUploadField,
}


def attribute_field(attribute: ProductAttribute, *, required: bool) -> forms.Field | None:
    """Return the form field of an attribute; None for entities, which this shop does not use."""
    common: dict[str, Any] = {"label": attribute.name, "required": required}
    if attribute.is_option or attribute.is_multi_option:
        choices = AttributeOption.objects.filter(group=attribute.option_group_id)
        if attribute.is_option:
            return forms.ModelChoiceField(choices, **common)
        return forms.ModelMultipleChoiceField(
            choices, widget=forms.CheckboxSelectMultiple, **common
        )
    make = _FIELDS.get(attribute.type)
    return make(**common) if make else None
