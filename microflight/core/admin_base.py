"""What the admins of several rooms share. It knows no room."""

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


class ReadOnlyMixin:
    """Rows that services write and staff only read."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds a row by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits a row by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes a row by hand."""
        return False


class ReadOnlyAdmin(ReadOnlyMixin, admin.ModelAdmin):
    """A list to search and pages to read."""

    list_per_page = 50


class NamedRowsMixin:
    """Rows whose `str()` asks the database: `row_name` says it without."""

    def row_name(self, obj: Any) -> str:
        """Return what the tick in front of a row is labelled with."""
        return str(obj)

    @admin.display(description=mark_safe('<input type="checkbox" id="action-toggle">'))  # noqa: S308 (constant)
    def action_checkbox(self, obj: Any) -> SafeString:
        """Return the tick in front of a row."""
        label = f"Select {self.row_name(obj)}"
        tick = forms.CheckboxInput({"class": "action-select", "aria-label": label}, _unticked)
        return tick.render(ACTION_CHECKBOX_NAME, str(obj.pk))


def _unticked(value: Any) -> bool:
    """A row starts unticked whatever its number is."""
    return False


class ReadOnlyInline(ReadOnlyMixin, admin.TabularInline):
    """A table inside another page."""

    extra = 0


class ChoiceFilter(admin.SimpleListFilter):
    """A filter written down as (value, words, condition)."""

    choices_with_conditions: ClassVar[Sequence[tuple[str, Any, models.Q]]] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Return what the filter offers."""
        return [(value, words) for value, words, _ in self.choices_with_conditions]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        """Narrow the list; a value nobody offered changes nothing."""
        for value, _, condition in self.choices_with_conditions:
            if value == self.value():
                return queryset.filter(condition)
        return queryset


def admin_link(obj: models.Model | None, text: str = "") -> str:
    """Return a link to an object's page in the admin, or its name where it has none."""
    if obj is None:
        return "–"
    try:
        url = reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])
    except NoReverseMatch:
        return text or str(obj)
    return format_html('<a href="{}">{}</a>', url, text or obj)
