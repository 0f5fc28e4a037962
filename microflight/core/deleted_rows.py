"""Rows of an inline that another person deleted while the page was open.

Django would pair the submitted rows with the wrong records. Instead, a row that was not edited
here is left out, and one that was edited becomes a new row with an error, so that saving again
adds it.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.forms.formsets import DELETION_FIELD_NAME, INITIAL_FORM_COUNT, TOTAL_FORM_COUNT
from django.utils.datastructures import MultiValueDict

from microflight.core.edit_conflicts import WAS_DELETED, ChangesForm, read_shown

Row = dict[str, list[Any]]


def without_deleted_rows(
    form_class: type[ChangesForm], prefix: str, pks: Iterable[Any], data: Any, files: Any
) -> None:
    """Change the submitted data and files of an inline so that they fit the rows that exist."""
    count = data.get(f"{prefix}-{INITIAL_FORM_COUNT}", "")
    if not (count.isascii() and count.isdigit()):
        return  # Django rejects it
    initial, stored = int(count), set(map(str, pks))
    pk = form_class._meta.model._meta.pk.name
    deleted = {
        number
        for number in range(min(initial, 1000))
        if data.get(f"{prefix}-{number}-{pk}", "") not in stored
    }
    if not deleted:
        return
    edited = [number for number in sorted(deleted) if _is_edited(form_class, prefix, number, data)]
    rows, uploads = _take(data, prefix), _take(files, prefix)
    numbers = [number for number in sorted(rows) if number not in deleted] + edited
    for place, number in enumerate(numbers):
        _put(data, f"{prefix}-{place}", rows[number])
        _put(files, f"{prefix}-{place}", uploads.get(number, {}))
        if number in deleted:
            data[f"{prefix}-{place}-{pk}"] = ""
            data[f"{prefix}-{place}-{WAS_DELETED}"] = "1"
    data[f"{prefix}-{TOTAL_FORM_COUNT}"] = str(len(numbers))
    data[f"{prefix}-{INITIAL_FORM_COUNT}"] = str(initial - len(deleted))


def _is_edited(form_class: type[ChangesForm], prefix: str, number: int, data: Any) -> bool:
    if data.get(f"{prefix}-{number}-{DELETION_FIELD_NAME}"):
        return False
    form = form_class(data, prefix=f"{prefix}-{number}")
    model = form_class._meta.model._meta
    key = f"{model.label_lower}:{data.get(form.add_prefix(model.pk.name), '')}"
    form.full_clean()
    shown = read_shown(data).rows.get(key)
    return shown is None or form.differs_from(shown)


def _take(data: MultiValueDict, prefix: str) -> dict[int, Row]:
    """Remove the rows from submitted data; return their fields by number."""
    rows: dict[int, Row] = {}
    pattern = re.compile(rf"{re.escape(prefix)}-(\d+)-(.+)", re.DOTALL)
    for name in list(data):
        if found := pattern.fullmatch(name):
            rows.setdefault(int(found[1]), {})[found[2]] = data.getlist(name)
            del data[name]
    return rows


def _put(data: MultiValueDict, row: str, fields: Row) -> None:
    for name, values in fields.items():
        data.setlist(f"{row}-{name}", values)
