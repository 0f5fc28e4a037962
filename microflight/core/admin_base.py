"""Base classes for the admins of all packages."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import models
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _


class ReadOnlyMixin:
    """Rows that services write and staff only read."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Staff cannot add rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Staff cannot edit rows."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Staff cannot delete rows."""
        return False


class ReadOnlyAdmin(ReadOnlyMixin, admin.ModelAdmin):
    """A list and pages without forms."""

    list_per_page = 50


class NamedRowsMixin:
    """For models whose `str()` runs a query: `row_name` returns a name without one."""

    def row_name(self, obj: Any) -> str:
        """Return the label of a row's checkbox."""
        return str(obj)

    @admin.display(description=mark_safe('<input type="checkbox" id="action-toggle">'))  # noqa: S308 (constant)
    def action_checkbox(self, obj: Any) -> SafeString:
        """Return the checkbox of a row."""
        label = _("Select %(name)s") % {"name": self.row_name(obj)}
        checkbox = forms.CheckboxInput({"class": "action-select", "aria-label": label}, _unchecked)
        return checkbox.render(ACTION_CHECKBOX_NAME, str(obj.pk))


def _unchecked(value: Any) -> bool:
    """A row starts unchecked, whatever its ID is."""
    return False


class ReadOnlyInline(ReadOnlyMixin, admin.TabularInline):
    """A table inside another page."""

    extra = 0


class ChoiceFilter(admin.SimpleListFilter):
    """A filter declared as (value, label, condition)."""

    choices_with_conditions: ClassVar[Sequence[tuple[str, Any, models.Q]]] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Return the values and labels."""
        return [(value, label) for value, label, _condition in self.choices_with_conditions]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        """Filter the list; an unknown value changes nothing."""
        for value, _label, condition in self.choices_with_conditions:
            if value == self.value():
                return queryset.filter(condition)
        return queryset


def admin_link(obj: models.Model | None, text: str = "") -> str:
    """Return a link to an object's admin page, or its name if it has none."""
    if obj is None:
        return "–"
    try:
        url = reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])
    except NoReverseMatch:
        return text or str(obj)
    return format_html('<a href="{}">{}</a>', url, text or obj)
