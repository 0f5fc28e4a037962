"""Old and new values in the log of records without versions (those have `history.py`)."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext

_LONGEST = 200  # characters of a value


class ChangeLogMixin:
    """Lets a ModelAdmin log each field of its form that changed with its old and new value."""

    #: Fields with personal data, which the log would keep: only their names are logged.
    private_fields: ClassVar[frozenset[str]] = frozenset()

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Return the texts of the changed fields; Django's message for a new record."""
        if add or any(formset.has_changed() for formset in formsets):
            return super().construct_change_message(request, form, formsets, add)  # type: ignore[misc]  # of the ModelAdmin
        texts = (self._change(form, name) for name in form.changed_data)
        return "; ".join(filter(None, texts))

    def _change(self, form: Any, name: str) -> str:
        """Return what changed in a field, or "" for another spelling of the same value."""
        label, field = form[name].label, form.fields[name]
        if name in self.private_fields:
            return gettext("%(field)s: changed") % {"field": label}
        old, new = _text(field, form[name].initial), _text(field, form.cleaned_data[name])
        text = gettext("%(field)s: %(old)s → %(new)s")
        return text % {"field": label, "old": old, "new": new} if old != new else ""


def _text(field: forms.Field, value: Any) -> str:
    """Return a value of a field, as the form shows it or as it was cleaned."""
    if isinstance(field, forms.ModelChoiceField):
        value = _names(field, value)
    elif isinstance(field, forms.ChoiceField):
        value = dict(field.choices).get(value, value)  # type: ignore[arg-type]  # no groups
    elif isinstance(value, bool):
        value = gettext("yes") if value else gettext("no")
    elif value not in (None, ""):
        value = localize(localtime(value) if isinstance(value, datetime) else value)
    return Truncator(str(value or "–")).chars(_LONGEST)


def _names(field: Any, value: Any) -> str:
    """Return the names of records, some of which are IDs."""
    many = isinstance(field, forms.ModelMultipleChoiceField)
    found = [each for each in (value or [] if many else [value]) if each]
    known = [each for each in found if isinstance(each, models.Model)]
    ids = [each for each in found if not isinstance(each, models.Model)]
    if ids:
        known += field.queryset.filter(pk__in=ids)
    return ", ".join(sorted(map(str, known)))
