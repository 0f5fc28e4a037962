"""Two people edit one record: each saves only what they changed; what both changed is rejected.

A change page carries a fingerprint of each value that it showed (`shown_on`). When the form comes
back, the row is locked and compared: a value that only the other person changed stays as they left
it, and a field that both changed gets an error with both values. Saving again keeps one's own.
"""

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar, cast

from django import forms
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.core.files import File
from django.db import models
from django.forms.formsets import DELETION_FIELD_NAME
from django.utils import timezone
from django.utils.choices import flatten_choices
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import is_aware, localtime
from django.utils.translation import gettext

from microflight.core.deletions import reasons_to_keep

#: The hidden field of a change page.
SHOWN = "shown"
#: Marks an edited row that another person deleted (see `deleted_rows`).
WAS_DELETED = "was_deleted"
Fingerprints = dict[str, str]


class ChangesForm(forms.ModelForm):
    """Mixed into the form of each change page and each row of its inlines."""

    #: The record of the page; an inline's rows are logged with it.
    page: ClassVar[models.Model | None] = None
    #: The tables whose rows are deleted with a row of an inline.
    deleted_with: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        row = kwargs.get("instance")
        self._stored = _columns(row) if row is not None and row.pk else {}
        self._kept: set[str] = set()
        self.conflicts: Fingerprints = {}
        super().__init__(*args, **kwargs)

    @property
    def key(self) -> str:
        """Return the name of the row in the page's hidden field; "" for a new row."""
        pk = self.instance.pk
        return f"{self._meta.model._meta.label_lower}:{pk}" if pk else ""

    def fingerprints(self) -> Fingerprints:
        """Return a fingerprint of each value that a person can edit, as it is stored."""
        return {
            name: fingerprint(self.fields[name], self[name].initial) for name in self._compared()
        }

    def _compared(self) -> list[str]:
        return [
            name
            for name, field in self.fields.items()
            if name != DELETION_FIELD_NAME and not field.disabled
        ]

    def columns(self) -> set[str]:
        """Return the columns that the form changed, for `update_fields`."""
        row, fields = self.instance, self.instance._meta.concrete_fields
        changed = {
            field.name
            for field in fields
            if field.attname in self._stored
            and (
                field.name in self.changed_data
                or not _is_same(field.value_from_object(row), self._stored[field.attname])
            )
        }
        if changed or self.has_changed():
            changed |= {field.name for field in fields if getattr(field, "auto_now", False)}
        return changed

    @cached_property
    def changed_data(self) -> list[str]:
        """Leave out what only another person changed."""
        return [name for name in super().changed_data if name not in self._kept]

    def _clean_form(self) -> None:
        """Compare with the stored row, before the form's own `clean` reads the values."""
        shown = read_shown(self.data).rows.get(self.key, {})  # empty: the page does not tell
        if self.data.get(self.add_prefix(WAS_DELETED)):
            self._reject_row(
                gettext("This row was deleted after you opened the page. Save again to add it.")
            )
        names = [name for name in self._compared() if self.key and name in self.cleaned_data]
        if self.cleaned_data.get(DELETION_FIELD_NAME):
            self._compare_deletion(names, shown)
        else:
            for name in names:
                self._compare(name, shown.get(name, ""))
        if self.conflicts and not shown:
            self.add_error(
                None,
                gettext("This page did not say what it showed you: compare both values below."),
            )
        self.__dict__.pop("changed_data", None)
        super()._clean_form()  # type: ignore[misc]

    def _compare(self, name: str, shown: str) -> None:
        """Keep what only another person changed, and reject what both changed.

        What a page did not show, another person may have changed.
        """
        now = fingerprint(self.fields[name], self[name].initial)
        typed = fingerprint(self.fields[name], self.cleaned_data[name])
        if now in (shown, typed):
            return
        if typed == shown:
            self.cleaned_data[name] = self._stored_value(name)
            self._kept.add(name)
            return
        self.conflicts[name] = now
        yours, theirs = self.cleaned_data[name], self._stored_value(name)
        self.add_error(name, self._conflict(name, yours=yours, theirs=theirs))

    def _compare_deletion(self, names: list[str], shown: Fingerprints) -> None:
        """Reject the deletion of a row that another person has changed."""
        now = {name: fingerprint(self.fields[name], self[name].initial) for name in names}
        self.conflicts = {name: now[name] for name in names if now[name] != shown.get(name)}
        if not self.conflicts:
            self._keep_row_in_use()
            return
        changes = "; ".join(
            f"{self[name].label}: {_display(self.fields[name], self._stored_value(name))}"
            for name in self.conflicts
        )
        message = gettext(
            "%(who)s changed this row after you opened the page (%(changes)s). To delete it all "
            "the same, check “Delete” and save again."
        )
        self._reject_row(message % {"who": self._who(*self.conflicts), "changes": changes})

    def _keep_row_in_use(self) -> None:
        """Reject the deletion of a row that other records need, unless its form `withdraws` it."""
        if getattr(self, "withdraws", False):
            return
        if self.instance.pk and (reasons := reasons_to_keep([self.instance], self.deleted_with)):
            message = gettext("“%(row)s” can’t be deleted, because it is used by: %(reasons)s.")
            details = {"row": self.instance, "reasons": ", ".join(reasons)}
            self._reject_row(message % details)

    def differs_from(self, shown: Fingerprints) -> bool:
        """Return whether a submitted form has other values than its page showed."""
        return any(
            name in self.errors or fingerprint(self.fields[name], self.cleaned_data[name]) != value
            for name, value in shown.items()
            if name in self.fields
        )

    def _reject_row(self, message: str) -> None:
        self.cleaned_data.pop(DELETION_FIELD_NAME, None)  # a row to be deleted hides its errors
        self.add_error(None, message)

    def _stored_value(self, name: str) -> Any:
        """Return the stored value in the type that cleaning the field returns."""
        opts, field = self._meta.model._meta, self.fields[name]
        if name in {each.name for each in opts.many_to_many}:
            return list(getattr(self.instance, name).all())
        if name in {each.name for each in opts.concrete_fields}:
            return getattr(self.instance, name)
        value = self[name].initial
        is_choice = isinstance(field, forms.ModelChoiceField)
        return field.clean(field.prepare_value(value)) if is_choice else value

    def _conflict(self, name: str, *, yours: Any, theirs: Any) -> SafeString:
        """Return the error of a field that two people changed, with both values."""
        field = self.fields[name]
        text = gettext(
            "{who} changed this to {theirs} after you opened the page; you entered {yours} "
            "Save again to replace their value with yours."
        )
        return format_html(
            text,
            who=self._who(name),
            theirs=_quoted(_display(field, theirs)),
            yours=_quoted(_display(field, yours), end="."),
        )

    def _who(self, *names: str) -> str:
        """Return who changed a field since the page was opened, and when, if the log knows."""
        if self.page is None:
            return gettext("Someone else")
        opened = datetime.fromtimestamp(read_shown(self.data).at, UTC)
        entries = list(_log_of(self.page, CHANGE).filter(action_time__gte=opened)[:20])
        labels = [json.dumps(str(self.fields[name].label)) for name in names]
        about = [one for one in entries if any(each in one.change_message for each in labels)]
        return _by_whom(next(iter(about or entries), None))


class Shown:
    """What a page showed: when, and the fingerprints of each row by the row's key."""

    def __init__(self, at: float = 0, rows: dict[str, Fingerprints] | None = None) -> None:
        self.at = at
        self.rows = rows or {}


def shown_on(forms_of_page: Iterable[ChangesForm]) -> str:
    """Return the value of a page's hidden field, signed.

    A page with errors keeps the fingerprints of its first display, except for those of
    conflicts: the person has read the other value, and saving again replaces it.
    """
    rows, opened = {}, timezone.now().timestamp()
    for form in forms_of_page:
        if not form.key:
            continue
        posted = read_shown(form.data)
        opened = posted.at or opened
        rows[form.key] = {**posted.rows.get(form.key, form.fingerprints()), **form.conflicts}
    return signing.dumps({"at": opened, "rows": rows}, salt=SHOWN, compress=True)


def read_shown(data: Any) -> Shown:
    """Return what the page of a submitted form showed; nothing if it does not tell."""
    with suppress(signing.BadSignature):
        return Shown(**signing.loads(data.get(SHOWN, ""), salt=SHOWN))
    return Shown()


def protected(
    form_class: type[Any], *, page: models.Model | None, deleted_with: frozenset[str]
) -> type[Any]:
    """Return the form class with the comparison."""
    attributes = {"page": page, "deleted_with": deleted_with}
    return type(form_class.__name__, (ChangesForm, form_class), attributes)


def fingerprint(field: forms.Field, value: Any) -> str:
    """Return a short hash of a value, the same for a stored one and one that was submitted."""
    return hashlib.blake2b(_plain(field.prepare_value(value)).encode(), digest_size=9).hexdigest()


def deleted_by(model: type[models.Model], pk: str) -> str:
    """Return who deleted a record, and when."""
    return _by_whom(_log_of(model(pk=pk), DELETION).first())


def _plain(value: Any) -> str:
    match value:
        case None:
            return ""
        case Decimal():
            return f"{value.normalize() or 0:f}"
        case datetime():
            value = value.astimezone(UTC) if is_aware(value) else value
            return value.replace(microsecond=0, tzinfo=None).isoformat()
        case File():
            return str(value.name or "")
        case models.Model():
            return str(value.pk)
        case list() | tuple() | set() | models.QuerySet():
            return "\n".join(sorted(map(_plain, value)))
    return str(value).replace("\r\n", "\n").strip()


def _columns(row: models.Model) -> dict[str, Any]:
    """Return the values of a row, without fetching deferred ones."""
    deferred = row.get_deferred_fields()
    return {
        field.attname: field.value_from_object(row)
        for field in row._meta.concrete_fields
        if not field.primary_key and field.attname not in deferred
    }


def _is_same(value: Any, stored: Any) -> bool:
    """Return whether a value is the stored one; forms return an empty text for NULL."""
    return value == stored or (value == "" and stored is None)


def _display(field: forms.Field, value: Any) -> str:
    """Return a value as staff read it."""
    if isinstance(field, forms.ModelMultipleChoiceField):
        value = ", ".join(field.label_from_instance(each) for each in value)
    elif isinstance(field, forms.ModelChoiceField):
        value = field.label_from_instance(value) if value else ""
    elif isinstance(field, forms.ChoiceField):
        labels = dict(flatten_choices(cast(Any, field.choices)))
        values = value if isinstance(value, list) else [value]
        value = ", ".join(str(labels.get(each, each) or "") for each in values)
    elif isinstance(value, bool):
        value = gettext("yes") if value else gettext("no")
    elif isinstance(value, datetime):
        value = date_format(localtime(value), "j M Y, H:i")
    return "" if value is None else str(value)


def _quoted(text: str, end: str = "") -> SafeString | str:
    """Return a value in quotation marks; a long one in a box of its own."""
    if len(text) > 80 or "\n" in text:
        return format_html('<pre class="plain-text">{}</pre>', text)
    return (f"“{text}”" if text else gettext("nothing")) + end


def _log_of(record: models.Model, flag: int) -> models.QuerySet[LogEntry]:
    """Return the log of a record, newest first."""
    content_type = ContentType.objects.get_for_model(record, for_concrete_model=False)
    entries = LogEntry.objects.filter(content_type=content_type, object_id=str(record.pk))
    return entries.filter(action_flag=flag).select_related("user").order_by("-pk")


def _by_whom(entry: LogEntry | None) -> str:
    if entry is None:
        return gettext("Someone else")
    at = date_format(localtime(entry.action_time), "j M Y, H:i")
    return gettext("%(user)s (%(at)s)") % {"user": entry.user, "at": at}
