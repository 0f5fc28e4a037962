"""Bulk edit of a filtered list of products: a grid, values for all rows, preview, undo."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.messages import error, success, warning
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog.admin import bulk_plan
from catalog.admin.bulk_plan import COLUMNS, Column
from catalog.admin.fields import CategoryField, label_of
from catalog.models import Product, ProductAttribute
from microflight.core.admin_base import admin_page
from microflight.core.history_admin import versions

#: The columns of the grid, and how many rows it shows.
GRID = ("regular_price", "sale_until", "weight_g", "low_stock_threshold", "location")
_GRID_ROWS, _SHOWN = 100, 200
_PLAN, _SHOWN_VALUES = "bulk edit plan", "bulk edit values"  # salts of signatures
Wanted = dict[int | None, dict[str, str]]


class ValuesForm(forms.Form):
    """Values for all rows; an empty field leaves them as they are."""

    def __init__(self, *args: Any, user: Any, products: list[Product], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, column in columns_for(user).items():
            self.fields[name] = _input(column)
        adds, removes = _("Add to category"), _("Remove from category")
        self.fields[bulk_plan.ADD_CATEGORY] = CategoryField(required=False, label=adds)
        self.fields[bulk_plan.REMOVE_CATEGORY] = CategoryField(required=False, label=removes)
        for attribute in _attributes(products):
            label = f"{attribute.product_class}: {attribute.name}"
            self.fields[f"{bulk_plan.ATTRIBUTE}{attribute.pk}"] = _choices(
                label, _options(attribute)
            )

    def texts(self) -> dict[str, str]:
        """Return what was entered, by name of the column."""
        found = {
            name: str(value.pk if isinstance(value, models.Model) else value)
            for name, value in self.cleaned_data.items()
        }
        return {name: text for name, text in found.items() if text not in ("", "None")}


def columns_for(user: Any) -> dict[str, Column]:
    """Return the columns that a user may change."""
    return {
        name: column
        for name, column in COLUMNS.items()
        if user.has_perm(f"{column.model._meta.app_label}.change_{column.model._meta.model_name}")
    }


def _attributes(products: list[Product]) -> list[ProductAttribute]:
    """Return the attributes of the types of products that a text or choice can set."""
    kinds = {kind.pk for one in products if (kind := one.get_product_class())}
    found = ProductAttribute.objects.filter(product_class__in=kinds)
    found = found.exclude(type__in=("file", "image", "entity", "multi_option", "datetime"))
    return list(found.select_related("product_class", "option_group").order_by("name"))


def _options(attribute: ProductAttribute) -> list[tuple[Any, Any]]:
    if attribute.option_group and attribute.is_option:
        return [(one.pk, one.option) for one in attribute.option_group.options.all()]
    return _YES_NO if attribute.type == ProductAttribute.BOOLEAN else []


_YES_NO: list[tuple[Any, Any]] = [("true", _("yes")), ("false", _("no"))]


def _input(column: Column) -> forms.Field:
    """Return the field for the text that changes a column."""
    if isinstance(column.field, models.BooleanField):
        return _choices(column.label, _YES_NO)
    if column.field.is_relation:
        rows = column.field.related_model._default_manager.all()
        return forms.ModelChoiceField(rows, required=False, label=column.label)
    return _choices(column.label, list(column.field.flatchoices or []))


def _choices(label: str, choices: list[tuple[Any, Any]]) -> forms.Field:
    if not choices:
        return forms.CharField(required=False, label=label, max_length=10_000)
    return forms.ChoiceField(required=False, label=label, choices=[("", "---------"), *choices])


class BulkEditMixin:
    """Adds bulk edit to the admin of products."""

    def get_urls(self) -> list[Any]:
        """Add the page, and that of one bulk edit with its undo."""
        model_admin: Any = self
        view = model_admin.admin_site.admin_view
        return [
            path("bulk-edit/", view(self.bulk_edit_view), name="catalogue_product_bulk_edit"),
            path("bulk-edit/<slug:key>/", view(self.bulk_edit_done), name="catalogue_product_bulk"),
            *super().get_urls(),  # type: ignore[misc]  # of the ModelAdmin
        ]

    def bulk_edit_view(self, request: HttpRequest) -> HttpResponse:
        """Show the grid (GET), a preview, or apply what was typed or previewed (POST)."""
        model_admin: Any = self
        if not model_admin.has_change_permission(request):
            raise PermissionDenied
        if "apply" in request.POST:
            wanted, seen = _signed(request)
            if done := self._apply(request, wanted, seen):
                return done
            return self._preview(request, bulk_plan.load({row[0] for row in seen}), wanted)
        products = bulk_plan.load(self._listed(request))
        form = ValuesForm(request.POST or None, user=request.user, products=products)
        if request.method == "POST" and form.is_valid():
            if "grid" in request.POST:
                if done := self._save_grid(request, products):
                    return done
            elif texts := form.texts():
                return self._preview(request, products, {None: texts})
            else:
                error(request, gettext("Enter a value for at least one field."))
        return self._show(request, form, products)

    def _listed(self, request: HttpRequest) -> list[int]:
        """Return the products of the list with the filters in the URL."""
        model_admin: Any = self
        try:
            rows = model_admin.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters as invalid:
            raise Http404 from invalid
        pks = list(rows.values_list("pk", flat=True)[: bulk_plan.MAX_ROWS + 1])
        if len(pks) > bulk_plan.MAX_ROWS:
            text = gettext(
                "More products than %(most)s: the others are left out. Import a file instead."
            )
            warning(request, text % {"most": bulk_plan.MAX_ROWS})
        return pks[: bulk_plan.MAX_ROWS]

    def _show(
        self, request: HttpRequest, form: ValuesForm, products: list[Product]
    ) -> HttpResponse:
        columns = [COLUMNS[name] for name in GRID if name in columns_for(request.user)]
        rows = [
            (product, [_cell(product, column, request.POST) for column in columns])
            for product in products[:_GRID_ROWS]
        ]
        shown = {
            product.pk: {column.name: _stored(product, column) for column in columns}
            for product in products[:_GRID_ROWS]
        }
        context = {
            "title": gettext("Bulk edit"),
            "form": form,
            "count": len(products),
            "columns": columns,
            "rows": rows,
            "shown": signing.dumps(shown, salt=_SHOWN_VALUES, compress=True),
        }
        template = "admin/catalogue/product/bulk_edit.html"
        status = 422 if request.method == "POST" else 200
        return admin_page(self, request, template, context, status=status)

    def _save_grid(self, request: HttpRequest, products: list[Product]) -> HttpResponse | None:
        """Save the cells that were typed; None if one of them is wrong or changed meanwhile."""
        shown: dict[str, dict[str, str]] = _loads(request.POST.get("shown", ""), _SHOWN_VALUES)
        wanted: Wanted = {}
        for pk, cells in shown.items():
            for name, before in cells.items():
                text = request.POST.get(f"cell-{pk}-{name}", before).strip()
                if text != before and name in columns_for(request.user):
                    wanted.setdefault(int(pk), {})[name] = text or bulk_plan.EMPTY
        edits = bulk_plan.plan(bulk_plan.load(pk for pk in wanted if pk), wanted)
        for edit in edits:
            seen = shown[str(edit.product.pk)][edit.name] or "–"
            if not edit.error and edit.old != seen:
                edit.error = gettext("Someone else changed this to %(now)s.") % {"now": edit.old}
            if edit.error:
                names = {"sku": edit.product.upc, "column": edit.label, "error": edit.error}
                error(request, gettext("%(sku)s, %(column)s: %(error)s") % names)
        if any(edit.error for edit in edits):
            return None
        return self._apply(request, wanted, [edit.key for edit in edits])

    def _preview(
        self, request: HttpRequest, products: list[Product], wanted: Wanted
    ) -> HttpResponse:
        edits = bulk_plan.plan(products, wanted)
        seen = [edit.key for edit in edits if not edit.error]
        context = {
            "title": gettext("Bulk edit: preview"),
            "edits": edits,
            "count": len({row[0] for row in seen}),
            "errors": sum(bool(edit.error) for edit in edits),
            "plan": signing.dumps([list(wanted.items()), seen], salt=_PLAN, compress=True),
        }
        return admin_page(self, request, "admin/catalogue/product/bulk_preview.html", context)

    def _apply(
        self, request: HttpRequest, wanted: Mapping[int | None, Any], seen: list[list[Any]]
    ) -> HttpResponse | None:
        """Apply a plan and show the result; None if products changed since the preview."""
        if not seen:
            error(request, gettext("Nothing changes."))
            return None
        if not all(self._may_change(request, row[1]) for row in seen):
            raise PermissionDenied
        try:
            key = bulk_plan.apply(wanted, seen, by=request.user)
        except bulk_plan.ChangedSince as changed:
            text = gettext("Changed since the preview: %(skus)s. Check the values below again.")
            error(request, text % {"skus": ", ".join(changed.skus)})
            return None
        products = Product.objects.filter(pk__in={row[0] for row in seen})
        LogEntry.objects.log_actions(
            request.user.pk or 0, products, CHANGE, f"{bulk_plan.reason_of(key)}."
        )
        text = ngettext("%(count)d product changed.", "%(count)d products changed.", len(products))
        success(request, text % {"count": len(products)})
        return redirect("admin:catalogue_product_bulk", key)

    def _may_change(self, request: HttpRequest, name: str) -> bool:
        return name not in COLUMNS or name in columns_for(request.user)

    def _undo(self, request: HttpRequest, key: str) -> HttpResponse:
        """Undo a bulk edit, and say what stays."""
        done, kept = bulk_plan.undo(key, by=request.user)
        text = ngettext("%(count)d row restored.", "%(count)d rows restored.", done)
        success(request, text % {"count": done})
        if kept:
            text = gettext("Changed since, so left as they are: %(skus)s.")
            warning(request, text % {"skus": ", ".join(kept)})
        return HttpResponseRedirect(request.path)

    def bulk_edit_done(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show what a bulk edit changed, and undo it (POST)."""
        model_admin: Any = self
        if not model_admin.has_change_permission(request):
            raise PermissionDenied
        pairs = bulk_plan.versions_of(key)
        may_undo = all(model_admin.may_restore(request, row) for row, _before in pairs)
        if request.method == "POST":
            if not may_undo:
                raise PermissionDenied
            return self._undo(request, key)
        if not pairs:
            raise Http404
        products = [bulk_plan.product_of(row) for row, _before in pairs]
        names = dict(Product.objects.filter(pk__in=products).values_list("pk", "upc"))
        shown = [pair for pair in pairs if model_admin.may_view(request, pair[0].instance_type)]
        changes = [
            (names.get(bulk_plan.product_of(one.row)), one)
            for one in versions(shown[:_SHOWN], label_of)
        ]
        context = {
            "title": bulk_plan.reason_of(key),
            "changes": changes,
            "count": len(pairs),
            "is_undone": bulk_plan.is_undone(key),
            "may_undo": may_undo,
        }
        return admin_page(self, request, "admin/catalogue/product/bulk_done.html", context)


def _signed(request: HttpRequest) -> tuple[Wanted, list[list[Any]]]:
    plan = _loads(request.POST.get("plan", ""), _PLAN)
    return (dict(plan[0]), plan[1]) if plan else ({}, [])


def _loads(text: str, salt: str) -> Any:
    try:
        return signing.loads(text, salt=salt)
    except signing.BadSignature:
        return {}


def _stored(product: Product, column: Column) -> str:
    row = column.row_of(product)
    value = None if row is None else getattr(row, column.field.attname)
    return "" if value is None else str(value)


def _cell(product: Product, column: Column, typed: Any) -> tuple[str, str, str] | None:
    """Return name, value and label of an input; None if the product has no such value."""
    if column.row_of(product) is None:
        return None
    name = f"cell-{product.pk}-{column.name}"
    label = f"{column.label}: {product.upc or product.get_title()}"
    return name, typed.get(name, _stored(product, column)), label
