"""The history page of a record in the admin: each version with old and new values; restore."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.formats import localize
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _

from microflight.core import history
from microflight.core.admin_base import admin_page
from microflight.core.pagination import read_page

#: How many versions of each table are compared, and how many a page shows.
_READ, _PAGE = 500, 25
#: The record that a row belongs to; it never changes.
_OWNERS = ("product", "attribute")


class Change(NamedTuple):
    """A value of a version, and the one before it, as staff read them."""

    label: str
    old: str
    new: str


class Version(NamedTuple):
    """A version of a record, or of a row that belongs to it."""

    key: str
    row: Any
    title: str
    changes: list[Change]


def _label(field: Any) -> str:
    return str(capfirst(field.verbose_name))


class HistoryMixin:
    """Adds versions and restore to the history page of a ModelAdmin."""

    object_history_template: Any = "admin/record_history.html"
    #: The permission to restore rows of a table that has none of its own, by model.
    restore_permissions: ClassVar[Mapping[type, str]] = {}
    #: Returns the label of a column.
    label_of: Callable[[Any], str] = staticmethod(_label)

    def histories(self, record: Any) -> list[Any]:
        """Return the versions of a record, and of the rows that belong to it, as querysets."""
        return [type(record).history.filter(**{record._meta.pk.attname: record.pk})]

    def restored(self, request: HttpRequest, record: Any) -> None:
        """Update what depends on a record of which a version was restored."""

    def restore_version(self, version: Any) -> None:
        """Save the record of a version as it was. Raises ValidationError."""
        history.restore(version)

    def may_view(self, request: HttpRequest, model: Any) -> bool:
        """Return whether a user may view the rows of a table, such as the costs of a product."""
        name = f"{model._meta.app_label}.%s_{model._meta.model_name}"
        may = request.user.has_perm
        return model in self.restore_permissions or may(name % "view") or may(name % "change")

    def _histories(self, request: HttpRequest, record: Any) -> list[Any]:
        """Return the versions that a user may view."""
        found = self.histories(record)
        return [rows for rows in found if self.may_view(request, rows.model.instance_type)]

    def may_restore(self, request: HttpRequest, version: Any) -> bool:
        """Return whether a user may change the row of a version."""
        model = version.instance_type
        change = f"{model._meta.app_label}.change_{model._meta.model_name}"
        return request.user.has_perm(self.restore_permissions.get(model, change))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Show the versions, newest first, or restore one after it was confirmed."""
        model_admin: Any = self
        record = model_admin.get_object(request, object_id)
        if record is not None and not model_admin.has_view_or_change_permission(request, record):
            raise PermissionDenied
        if record is None:
            return super().history_view(request, object_id, extra_context)  # type: ignore[misc]  # of the ModelAdmin
        if key := request.GET.get("restore"):
            return self._restore(request, record, key)
        rows = [row for rows in self._histories(request, record) for row in with_previous(rows)]
        rows.sort(key=lambda each: (each[0].history_date, each[0].history_id), reverse=True)
        page = read_page(Paginator(rows, _PAGE), request)
        shown = versions(page, self.label_of)
        extra = {
            "page": page,
            "versions": [
                (each, each.row.history_type != "-" and self.may_restore(request, each.row))
                for each in shown
            ],
            **(extra_context or {}),
        }
        return super().history_view(request, object_id, extra)  # type: ignore[misc]  # of the ModelAdmin

    def _restore(self, request: HttpRequest, record: Any, key: str) -> HttpResponse:
        """Show what restoring would change (GET), or do it (POST)."""
        version = self._find(request, record, key)
        if not self.may_restore(request, version):
            raise PermissionDenied
        newest = type(version).objects.filter(
            **{version.instance_type._meta.pk.attname: history.version_pk(version)}
        )
        context = {
            "title": _("Restore version"),
            "record": record,
            "version": version,
            "changes": versions([(version, newest.first())], self.label_of)[0].changes,
        }
        if request.method == "POST":
            try:
                return self._restored(request, record, version)
            except ValidationError as invalid:
                context["error"] = " ".join(invalid.messages)
        status = 422 if "error" in context else 200
        return admin_page(self, request, "admin/restore_version.html", context, status=status)

    def _restored(self, request: HttpRequest, record: Any, version: Any) -> HttpResponse:
        """Restore a version, log it and return to the history. Raises ValidationError."""
        model_admin: Any = self
        time = localize(timezone.localtime(version.history_date))
        reason = _("Restored the version of %(time)s") % {"time": time}
        with history.recorded(request.user, reason):
            self.restore_version(version)
        self.restored(request, record)
        model_admin.log_change(request, record, reason)
        messages.success(request, reason + ".")
        return HttpResponseRedirect(request.path)

    def _find(self, request: HttpRequest, record: Any, key: str) -> Any:
        label, _sep, number = key.partition(":")
        for rows in self._histories(request, record):
            if rows.model._meta.label_lower == label and number.isascii() and number.isdecimal():
                found = rows.filter(pk=int(number[:18])).exclude(history_type="-").first()
                if found:
                    return found
        raise Http404


def with_previous(rows: Any) -> Iterable[tuple[Any, Any]]:
    """Return each version with the one before it, or None."""
    newest = list(rows.select_related("history_user").order_by("-history_date", "-pk")[:_READ])
    later: dict[Any, Any] = {}
    pairs = []
    for row in newest:
        if (after := later.get(history.version_pk(row))) is not None:
            pairs.append((after, row))
        later[history.version_pk(row)] = row
    return [*pairs, *((row, None) for row in later.values())]


def versions(
    pairs: Iterable[tuple[Any, Any]], label_of: Callable[[Any], str] = _label
) -> list[Version]:
    """Return versions with what changed since the one before; one query for each related table."""
    found = [(row, before, _raw_changes(row, before)) for row, before in pairs]
    names = _names(found)
    made = []
    for row, _before, changes in found:
        title = capfirst(str(row.instance_type._meta.verbose_name))
        if attribute := getattr(row, "attribute_id", None):
            title = names.get((_attributes(row), attribute), title)
        texts = [
            Change(label_of(field), _text(field, old, names), _text(field, new, names))
            for field, old, new in changes
        ]
        made.append(Version(f"{row._meta.label_lower}:{row.pk}", row, title, texts))
    return made


def _raw_changes(row: Any, before: Any) -> list[tuple[Any, Any, Any]]:
    """Return (field, old value, new value) of what differs; of a first version, what is set."""
    opts = row.instance_type._meta
    pairs = [
        (field, getattr(before, field.attname, None), getattr(row, field.attname))
        for field in row.tracked_fields
        if not field.primary_key and field.name not in _OWNERS
    ]
    for name in row.related:
        old = before.related.get(name, []) if before else []
        pairs.append((opts.get_field(name), old, row.related[name]))
    return [(field, old, new) for field, old, new in pairs if (old or None) != (new or None)]


def _names(found: Iterable[tuple[Any, Any, list[tuple[Any, Any, Any]]]]) -> dict[Any, str]:
    """Return the names of the rows that values refer to, by model and ID."""
    wanted: dict[Any, set[Any]] = defaultdict(set)
    for row, _before, changes in found:
        if attribute := getattr(row, "attribute_id", None):
            wanted[_attributes(row)].add(attribute)
        for field, old, new in changes:
            if field.is_relation:
                for value in (old, new):
                    wanted[field.related_model] |= set(
                        value if isinstance(value, list) else [value]
                    )
    return {
        (model, pk): str(one)
        for model, pks in wanted.items()
        for pk, one in model._base_manager.in_bulk([pk for pk in pks if pk]).items()
    }


def _attributes(row: Any) -> Any:
    """Return the model of attributes, for a version of the value of one."""
    return row.instance_type._meta.get_field("attribute").related_model


def _text(field: models.Field, value: Any, names: Mapping[Any, str]) -> str:
    """Return a value as staff read it."""
    if value in (None, "", []):
        return "–"
    if field.is_relation:
        ids = value if isinstance(value, list) else [value]
        return ", ".join(names.get((field.related_model, pk), f"#{pk}") for pk in ids)
    if field.choices:
        value = dict(field.flatchoices).get(value, value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    return Truncator(str(localize(value))).chars(300)
