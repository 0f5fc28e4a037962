"""The base of all datasets: django-import-export's resource with the shop's own form fields.

A cell that equals what an export would write is left alone, so an exported file changes nothing.
The dry run saves nothing and locks nothing: it uses no transaction that would be rolled back.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

from django import forms
from django.core.cache import cache
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _
from import_export import fields, resources, widgets
from import_export.results import RowResult
from tablib import Dataset

from microflight.core.admin_base import FORM_FIELDS
from microflight.core.csv_files import plain_cell, safe_cell
from microflight.imports.files import Row

CREATE, UPDATE, BOTH = "create", "update", "both"
_YES, _NO = ("yes", "true", "1"), ("no", "false", "0")
_PROGRESS_EVERY = 100  # rows
MAX_LISTED = 1000  # errors and changes that a report lists


class CellError(NamedTuple):
    """What is wrong in one cell, and what is expected there."""

    row: int
    column: str
    value: str
    message: str


class Report(NamedTuple):
    """The result of an import or a dry run. `hash` is of all changes."""

    created: int
    updated: int
    unchanged: int
    errors: list[CellError]
    changes: list[tuple[int, str, str, str, str]]  # row, key, column, old, new
    hash: str


class FormWidget(widgets.Widget):
    """Reads a cell with a form field, so that the rules and messages are those of the admin."""

    def __init__(self, field: forms.Field) -> None:
        super().__init__()
        self.field = field

    def clean(self, value: Any, row: Any = None, **options: Any) -> Any:
        """Return the value of a cell; raise ValueError with what is expected."""
        try:
            return self.field.clean(value)
        except ValidationError as error:
            raise ValueError(" ".join(error.messages)) from error

    def render(self, value: Any, obj: Any = None, **options: Any) -> Any:
        """Return a value as it is exported."""
        return value


class FlagField(forms.Field):
    """yes or no."""

    def to_python(self, value: Any) -> bool:
        text = str(value).strip().lower()
        if text not in (*_YES, *_NO):
            raise ValidationError(_("Enter yes or no."))
        return text in _YES


def cell(model: type[models.Model], name: str, column: str = "") -> fields.Field:
    """Return the field of a model's column, read like in the admin."""
    field: Any = model._meta.get_field(name)
    if isinstance(field, models.BooleanField):
        form_field: Any = FlagField(required=False)
    else:
        options: dict[str, Any] = {}
        for model_field, found in FORM_FIELDS.items():
            if isinstance(field, model_field):
                options = {**found}
        options.pop("widget", None)
        form_field = field.formfield(required=not field.blank, **options)
    return own_cell(column or name, name, form_field)


def own_cell(column: str, attribute: str, form_field: forms.Field) -> fields.Field:
    """Return the field of an attribute that a form field reads."""
    return fields.Field(attribute=attribute, column_name=column, widget=FormWidget(form_field))


class QuietRowResult(RowResult):
    """The result of a row, without the name of its instance, which would be a query for each."""

    def add_instance_info(self, instance: Any) -> None:
        """The report names rows by their keys."""


class ShopResource(resources.ModelResource):
    """A dataset. Its columns are the resource's fields; `key_columns` identify a row."""

    key_columns: ClassVar[tuple[str, ...]] = ()
    #: The mode, who imports, and where progress is written.
    _meta: Any
    mode = BOTH
    by: Any = None
    progress_key = ""

    class Meta:
        skip_diff = True
        skip_html_diff = True
        store_row_values = True
        use_transactions = True
        fields: tuple[str, ...] = ()

    @classmethod
    def get_row_result_class(cls) -> type[RowResult]:
        return QuietRowResult

    # --- to be defined by a dataset ---

    def rows(self) -> Any:
        """Return the queryset of an export."""
        return self._meta.model._default_manager.all()

    def preload(self, keys: list[tuple[str, ...]]) -> None:
        """Read what the rows with these keys need, in a few queries."""

    def find(self, key: tuple[str, ...]) -> Any:
        """Return the stored instance with a key, or None."""
        raise NotImplementedError

    def missing(self, key: tuple[str, ...]) -> str:
        """Return what to say about a key that is not stored."""
        return _("There is no row with this key.")

    def finish(self, saved: list[Any]) -> None:
        """Update what depends on saved instances."""

    def value(self, field: fields.Field, instance: Any) -> Any:
        """Return the value of an instance in a column."""
        return field.get_value(instance)

    # --- export ---

    def columns(self) -> list[str]:
        """Return the names of the columns."""
        return [str(field.column_name) for field in self.get_import_fields()]

    def exported(self, instance: Any) -> list[Any]:
        """Return the cells of an instance."""
        return [_exported(self.value(field, instance)) for field in self.get_import_fields()]

    def export_rows(self) -> Iterator[list[Any]]:
        """Return the cells of all instances."""
        return map(self.exported, self.rows().iterator(chunk_size=500))

    # --- import ---

    def run(self, header: list[str], rows: list[Row], *, dry_run: bool) -> Report:
        """Import rows, or only report what would change. Saves nothing if a row has an error."""
        self.errors: list[CellError] = []
        self.changes: list[tuple[int, str, str, str, str]] = []
        self.saved: list[Any] = []
        self.numbers = [number for number, _cells in rows]
        self.seen: dict[tuple[str, ...], int] = {}
        dataset = Dataset(*(cells for _number, cells in rows), headers=header)
        self.preload([self._key(dict(zip(header, cells, strict=True))) for _number, cells in rows])
        if dry_run:
            result = self.import_data_inner(dataset, True, False, False, False)
        else:
            with transaction.atomic():
                result = self.import_data_inner(dataset, False, False, True, False)
                self._collect(result)
                if self.errors:
                    transaction.set_rollback(True)
                else:
                    self.finish(self.saved)
        if dry_run:
            self._collect(result)
        text = json.dumps(self.changes)
        return Report(
            result.totals[RowResult.IMPORT_TYPE_NEW],
            result.totals[RowResult.IMPORT_TYPE_UPDATE],
            result.totals[RowResult.IMPORT_TYPE_SKIP],
            self.errors,
            self.changes[:MAX_LISTED],
            hashlib.sha256(text.encode()).hexdigest(),
        )

    def _key(self, row: Any) -> tuple[str, ...]:
        return tuple(row.get(name, "") for name in self.key_columns)

    def get_instance(self, instance_loader: Any, row: Any) -> Any:
        """Return the stored row."""
        return self.find(self._key(row))

    def get_import_id_fields(self) -> list[str]:
        """The header is checked before."""
        return []

    def before_import_row(self, row: Any, row_number: int = 0, **options: Any) -> None:
        """Reject a key that an earlier row has, and report progress."""
        self.number, key = self.numbers[row_number - 1], self._key(row)
        if row_number % _PROGRESS_EVERY == 0 and self.progress_key:
            cache.set(self.progress_key, row_number, 3600)
        if earlier := self.seen.get(key):
            text = _("Row %(row)s has the same key.") % {"row": earlier}
            raise ValidationError({self.key_columns[0]: text})
        self.seen[key] = self.number

    def after_init_instance(self, instance: Any, new: bool, row: Any, **options: Any) -> None:
        """Apply the mode, and note the cells before the import."""
        first = self.key_columns[0]
        if new and (self.mode == UPDATE or not row.get(first)):
            raise ValidationError({first: self.missing(self._key(row))})
        if not new and self.mode == CREATE:
            raise ValidationError({first: _("It exists. Choose another mode to update it.")})
        self.is_new = new
        self.before = {} if new else self.cells(instance, row)

    def cells(self, instance: Any, row: Any) -> dict[str, Any]:
        """Return the values of an instance in the columns of a file, as they are exported."""
        return {
            str(field.column_name): _exported(self.value(field, instance))
            for field in self.get_import_fields()
            if field.column_name in row
        }

    def import_field(
        self, field: Any, instance: Any, row: Any, is_m2m: bool = False, **options: Any
    ) -> None:
        """Read a cell, unless it is as exported, or part of the key of a stored row."""
        name = field.column_name
        if not self.is_new and (
            name in self.key_columns or row.get(name) == as_read(self.before.get(name, ""))
        ):
            return
        super().import_field(field, instance, row, is_m2m, **options)

    def skip_row(
        self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None
    ) -> bool:
        """Skip what has no other values than before, and note those that it has."""
        if import_validation_errors:
            return False
        after, key = self.cells(instance, row), " ".join(self._key(row))
        self.row_changed = [name for name in after if after[name] != self.before.get(name, "")]
        self.changes += [
            (self.number, key, name, as_read(self.before.get(name, "")), as_read(after[name]))
            for name in self.row_changed
        ]
        return not self.row_changed

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        """Check the whole instance only if its cells are valid."""
        if import_validation_errors:
            raise ValidationError(import_validation_errors)
        instance.full_clean()

    def after_save_instance(self, instance: Any, row: Any, **options: Any) -> None:
        """Save what belongs to the instance."""
        if not options.get("dry_run"):
            self.save_related(instance, row)
        self.saved.append(instance)

    def save_related(self, instance: Any, row: Any) -> None:
        """Save the other tables of a row."""

    def _collect(self, result: Any) -> None:
        """Note the errors of all rows, by cell."""
        names = {field.attribute: field.column_name for field in self.get_import_fields()}
        for number, row in zip(self.numbers, result.rows, strict=False):
            values = row.row_values or {}
            if row.validation_error:
                self.errors += _cell_errors(number, values, names, row.validation_error)
            self.errors += [CellError(number, "", "", str(each.error)) for each in row.errors]
        self.errors += [CellError(0, "", "", str(each.error)) for each in result.base_errors]


def _cell_errors(
    number: int, values: Mapping[str, str], names: dict[str, str], error: ValidationError
) -> Iterable[CellError]:
    found = (
        error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    )
    for attribute, messages in found.items():
        column = names.get(attribute, "" if attribute == NON_FIELD_ERRORS else attribute)
        yield CellError(number, column, str(values.get(column, ""))[:200], " ".join(messages))


def as_read(value: Any) -> str:
    """Return an exported value as it is read from a file."""
    return plain_cell(safe_cell(value))


def _exported(value: Any) -> Any:
    """Return a value as a file has it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else value
