"""Base classes for the admins of all packages."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.admin import widgets
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import flatten, unquote
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.forms.utils import pretty_name
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from microflight.core import numbers, page_cache
from microflight.core.deleted_rows import without_deleted_rows
from microflight.core.deletions import reasons_to_keep
from microflight.core.edit_conflicts import SHOWN, deleted_by, protected, shown_on
from microflight.core.forms import DateField, EmailField, LineField, SplitDateTimeField

_WHOLE: dict[str, Any] = {
    "form_class": numbers.IntegerField,
    "widget": numbers.NumberInput({"class": "vIntegerField"}),
}
#: Form fields of the admin for model fields: names are one line, numbers are read as typed.
FORM_FIELDS: dict[type[models.Field], dict[str, Any]] = {
    models.CharField: {"form_class": LineField},
    models.EmailField: {"form_class": EmailField},
    models.SlugField: {"form_class": forms.SlugField, "widget": widgets.AdminTextInputWidget},
    models.URLField: {"form_class": forms.URLField, "assume_scheme": "https"},
    models.IntegerField: _WHOLE,
    models.BigIntegerField: _WHOLE,
    models.DecimalField: {"form_class": numbers.DecimalField},
    models.FloatField: {"form_class": numbers.FloatField},
    models.DateField: {"form_class": DateField},
    models.DateTimeField: {
        "form_class": SplitDateTimeField,
        "widget": widgets.AdminSplitDateTime,
    },
}


def _label_widgets(form_class: type[Any], *, tabular: bool) -> None:
    """Label what Django's templates leave without: cells of tabular inlines, dates and times."""
    for name, field in form_class.base_fields.items():
        label, widget = field.label or pretty_name(name), field.widget
        if isinstance(widget, widgets.AdminSplitDateTime):
            for part, text in zip(widget.widgets, (_("date"), _("time")), strict=True):
                part.attrs.setdefault("aria-label", f"{label}: {text}")
        elif tabular:
            widget.attrs.setdefault("aria-label", str(label))


class SearchMixin:
    """Searches find full-width digits and letters, too."""

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Search for the term in its usual spelling."""
        return super().get_search_results(  # type: ignore[misc]
            request, queryset, unicodedata.normalize("NFKC", search_term)
        )

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Say how many results there are only of a search or a filter."""
        found: Any = super().get_changelist_instance(request)  # type: ignore[misc]  # of the ModelAdmin
        if not (found.query or found.has_active_filters):
            found.full_result_count = found.result_count
        return found


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


class ReadOnlyAdmin(ReadOnlyMixin, SearchMixin, admin.ModelAdmin):
    """A list and pages without forms."""

    list_per_page = 50


class EditableAdmin(SearchMixin, admin.ModelAdmin):
    """Records that staff edit: a form saves only what changed, and rejects what two people changed
    (see `edit_conflicts`). What was typed is never lost, even if the record was deleted."""

    formfield_overrides = FORM_FIELDS
    #: Columns that the model's `save` sets by itself.
    saved_with: ClassVar[frozenset[str]] = frozenset()
    #: Tables (app_label.model) whose rows are deleted with a record; rows of others keep it.
    deleted_with: ClassVar[frozenset[str]] = frozenset()
    #: Tables whose rows stay, and lose their reference to a deleted record.
    kept_without: ClassVar[frozenset[str]] = frozenset()
    #: What to do instead of deleting a record that is in use.
    instead_of_deleting: ClassVar[Any] = ""

    def lock(self, pk: Any) -> None:
        """Lock a record until the end of the transaction, but not the rows that refer to it."""
        rows = self.model._base_manager.filter(pk=pk).select_for_update(no_key=True)
        list(rows.values_list("pk"))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """Lock the record before its form is compared with it."""
        if request.method != "POST" or object_id is None:  # to look at, or to add
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            pk = unquote(object_id)
            try:
                self.lock(self.opts.pk.to_python(pk))
            except ValidationError:
                pass  # no key of this table: Django's answer follows
            else:
                if SHOWN in request.POST and (reason := self._why_not_editable(request, pk)):
                    return self._show_typed(request, reason)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def _why_not_editable(self, request: HttpRequest, pk: str) -> str:
        """Return what happened to a record that could be edited when its page was opened."""
        if not self.has_change_permission(request):
            return ""
        record = self.get_object(request, pk)
        if record is None:
            return _("%(who)s deleted this record after you opened the page.") % {
                "who": deleted_by(self.model, pk)
            }
        if not self.has_change_permission(request, record):
            return _("This record can’t be edited any more.")
        return ""

    def _show_typed(self, request: HttpRequest, reason: str) -> HttpResponse:
        """Show why nothing was saved, and what was typed, to be copied."""
        names = {each.name: capfirst(each.verbose_name) for each in self.opts.fields}
        typed = [
            (names.get(name, name), value)
            for name, values in request.POST.lists()
            for value in values
            if value and not name.startswith(("_", "csrf", SHOWN, "initial-"))
        ]
        context = {
            "title": _("Not saved"),
            "reason": reason,
            "typed": [each for each in typed if not each[0].endswith(("_FORMS", "-id"))],
        }
        return admin_page(self, request, "admin/not_saved.html", context, status=409)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete, and invalidate the pages that show it."""
        super().delete_model(request, obj)
        self._invalidate_pages()

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Delete, and invalidate the pages that show them."""
        super().delete_queryset(request, queryset)
        self._invalidate_pages()

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Log one entry at a time: the audit log adds to each what a bulk insert would skip."""
        one_by_one: list[Any] = [[row] for row in queryset]
        log = super().log_deletions  # a comprehension has no `super()`
        return [entry for row in one_by_one for entry in log(request, row)]

    def _invalidate_pages(self) -> None:
        if issubclass(self.model, page_cache.InvalidatesPages):
            page_cache.invalidate()

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[Any]:
        """Return the form, which compares itself with the stored record."""
        if obj is not None and not self.has_change_permission(request, obj):
            kwargs["form"] = forms.ModelForm  # ours expect fields, and there are none to read only
        form_class = self._protected(super().get_form(request, obj, change=change, **kwargs), obj)
        _label_widgets(form_class, tabular=False)
        return form_class

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out what only the form knows if this staff member may only read the record."""
        shown = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return shown
        return [
            (heading, {**options, "fields": [name for name in fields if self._is_shown(name)]})
            for heading, options in shown
            for fields in [flatten(options["fields"])]
        ]

    def _is_shown(self, name: str) -> bool:
        return hasattr(self.model, name) or hasattr(self, name)

    def get_inline_instances(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Return the inlines, with the form fields of their page."""
        inlines = super().get_inline_instances(request, obj)
        for inline in inlines:
            given = cast(dict[Any, dict[str, Any]], inline.formfield_overrides)
            for model_field, options in FORM_FIELDS.items():
                given.setdefault(model_field, {}).update(options)  # a copy of each inline's own
        return inlines

    def _protected(self, form_class: type[Any], page: Any) -> type[Any]:
        return protected(form_class, page=page, deleted_with=self.deleted_with)

    def get_formsets_with_inlines(self, request: HttpRequest, obj: Any = None) -> Iterator[Any]:
        """Return the inlines, whose rows compare themselves with the stored ones."""
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            formset.form = self._protected(formset.form, obj)
            is_table = isinstance(inline, admin.TabularInline)
            _label_widgets(formset.form, tabular=is_table)
            if is_table:
                formset.deletion_widget = forms.CheckboxInput({"aria-label": _("Delete")})
            if request.method == "POST" and obj is not None:
                rows = formset.model._base_manager.filter(**{formset.fk.name: obj})
                list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk"))
            yield formset, inline

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Any, inline: Any, prefix: str
    ) -> dict[str, Any]:
        """Return the arguments of an inline, without rows that were deleted meanwhile."""
        options = super().get_formset_kwargs(request, obj, inline, prefix)
        if "data" in options and obj.pk:
            formset = inline.get_formset(request, obj)
            rows = options["queryset"].filter(**{formset.fk.name: obj})
            options["files"] = options["files"].copy()
            without_deleted_rows(
                self._protected(formset.form, obj),
                prefix,
                rows.values_list("pk", flat=True),
                options["data"],
                options["files"],
            )
        return options

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the fingerprints of what the page shows."""
        if context.get("original") is not None:
            page = [context["adminform"].form]
            for each in context["inline_admin_formsets"]:
                page += each.formset.initial_forms
            context["shown"] = shown_on(page)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the columns that changed."""
        if change:
            obj.save(update_fields=form.columns() | self.saved_with)
        else:
            obj.save()

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Delete, change and add the rows of an inline; of changed rows, save what changed."""
        formset.save(commit=False)
        for row in formset.deleted_objects:
            self.delete_row(request, row)
        changed = {id(row) for row, _names in formset.changed_objects}
        for each in formset.initial_forms:
            if id(each.instance) in changed:
                each.instance.save(update_fields=each.columns())
        for row in formset.new_objects:
            self.add_row(request, row)
        formset.save_m2m()

    # --- Deleting (see `deletions`) ---

    def with_dependents(self, records: Any) -> list[Any]:
        """Return records, and those of the same model that are deleted with them."""
        return list(records)

    def reasons_to_keep(self, records: list[Any]) -> list[str]:
        """Return why these records can't be deleted, for staff."""
        return reasons_to_keep(records, self.deleted_with | self.kept_without)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Return all that would be deleted, and what rejects the deletion."""
        records = self.with_dependents(objs)
        if request.method == "POST":  # nothing that needs them can be added until it is done
            rows = self.model._base_manager.filter(pk__in=[each.pk for each in records])
            list(rows.select_for_update().order_by("pk").values_list("pk"))
        shown, counts, rights, _protected = super().get_deleted_objects(records, request)
        rights -= {apps.get_model(label)._meta.verbose_name for label in self.deleted_with}
        reasons = self.reasons_to_keep(records)
        if reasons and self.instead_of_deleting:
            reasons.append(str(self.instead_of_deleting))
        return shown, counts, set() if reasons else rights, reasons

    def response_action(
        self, request: HttpRequest, queryset: models.QuerySet, *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Delete the selected rows in the transaction that checked them."""
        with transaction.atomic():
            return super().response_action(request, queryset, *args, **kwargs)

    def add_row(self, request: HttpRequest, row: Any) -> None:
        """Save a new row of an inline."""
        row.save()

    def delete_row(self, request: HttpRequest, row: Any) -> None:
        """Delete a row of an inline."""
        row.delete()


class NamedRowsMixin:
    """For models whose `str()` runs a query: `row_name` returns a name without one."""

    def row_name(self, obj: Any) -> str:
        return str(obj)

    @admin.display(description=mark_safe('<input type="checkbox" id="action-toggle">'))  # noqa: S308 (constant)
    def action_checkbox(self, obj: Any) -> SafeString:
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
    """A filter declared as (value, label, condition); one that depends on the day is a function."""

    choices_with_conditions: ClassVar[
        Sequence[tuple[str, Any, models.Q | Callable[[], models.Q]]]
    ] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(value, label) for value, label, _condition in self.choices_with_conditions]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        """Filter the list; an unknown value changes nothing."""
        for value, _label, condition in self.choices_with_conditions:
            if value == self.value():
                return queryset.filter(condition() if callable(condition) else condition)
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


def state_label(name: str, label: Any) -> SafeString:
    """Return a state as a label; its colour, from `.state-<name>` in CSS, only repeats it."""
    return format_html('<span class="state state-{}">{}</span>', name, label)


def admin_page(
    model_admin: Any,  # a ModelAdmin, or a mixin of one
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    status: int = 200,
) -> TemplateResponse:
    """Return a page of our own in the admin's layout, below a model's list."""
    base = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts}
    return TemplateResponse(request, template, base | context, status=status)
