"""The base of all datasets: django-import-export's resource with the shop's own form fields.

A cell that equals what an export would write is left alone, so an exported file changes nothing.
`plan` reads and checks all rows; it saves and locks nothing, and uses no transaction. A dry run is
a plan. `apply` saves a plan in a short transaction: it locks the rows that change, compares them
with those that were planned for, and saves the changed columns only.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils.functional import classproperty
from django.utils.translation import gettext as _
from import_export import fields, resources, widgets
from import_export.results import RowResult
from tablib import Dataset

from microflight.core.admin_base import FORM_FIELDS
from microflight.core.csv_files import plain_cell, safe_cell
from microflight.core.history import batched, history_of
from microflight.core.text import one_line
from microflight.imports.files import Row
from microflight.imports.report import CellError, Planned, Report

CREATE, UPDATE, BOTH = "create", "update", "both"
_YES, _NO = ("yes", "true", "1"), ("no", "false", "0")
_PROGRESS_EVERY = 100  # rows


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
    """yes or no; with `null`, an empty cell is unknown."""

    def __init__(self, *, null: bool = False, **options: Any) -> None:
        super().__init__(required=False, **options)
        self.null = null

    def to_python(self, value: Any) -> bool | None:
        text = str(value).strip().lower()
        if self.null and not text:
            return None
        if text not in (*_YES, *_NO):
            raise ValidationError(_("Enter yes or no."))
        return text in _YES


def cell(model: type[models.Model], name: str, column: str = "") -> fields.Field:
    """Return the field of a model's column, read like in the admin."""
    field: Any = model._meta.get_field(name)
    if isinstance(field, models.BooleanField):
        form_field: Any = FlagField(null=field.null)
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
    _meta: Any
    #: The mode, who imports, and what is called with the number of rows that are done.
    mode = BOTH
    by: Any = None
    on_progress: Callable[[int], None] = staticmethod(lambda done: None)

    class Meta:
        skip_diff = True
        skip_html_diff = True
        store_row_values = True
        fields: tuple[str, ...] = ()

    @classmethod
    def get_row_result_class(cls) -> type[RowResult]:
        return QuietRowResult

    @classproperty
    def model(cls) -> Any:  # noqa: N805 (a property of the class)
        """Return the model of a dataset."""
        return cls._meta.model

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

    def identity(self, instance: Any, row: Any) -> Any:
        """Return what no two new rows may share, however it is written."""
        return tuple(map(folded, self._key(row)))

    def finish(self) -> None:
        """Update what depends on the saved rows, once they are committed. It may run twice."""

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

    def plan(self, header: list[str], rows: list[Row]) -> Report:
        """Check all rows and return what would change; saves nothing."""
        self.errors: list[CellError] = []
        self.changes: list[tuple[int, str, str, str, str]] = []
        self.planned: list[Planned] = []
        self.numbers = [number for number, _cells in rows]
        self.seen: dict[Any, int] = {}
        dataset = Dataset(*(cells for _number, cells in rows), headers=header)
        self.preload([self._key(dict(zip(header, cells, strict=True))) for _number, cells in rows])
        result = self.import_data_inner(dataset, True, False, False, False)
        self._collect(result)
        return Report(
            result.totals[RowResult.IMPORT_TYPE_NEW],
            result.totals[RowResult.IMPORT_TYPE_UPDATE],
            result.totals[RowResult.IMPORT_TYPE_SKIP],
            self.errors,
            self.changes,
        )

    def prepare(self) -> None:
        """Do before the transaction what may stay if it is rolled back: record first versions."""
        if hasattr(self.model, "history_records"):
            rows = (one.instance for one in self.planned if not one.is_new)
            history_of(self.model).keep_first_of(rows)

    def apply(self) -> list[CellError]:
        """Save the plan in the caller's transaction. With errors, it is to be rolled back."""
        self.errors = []
        for some in batched(one for one in self.planned if one.is_new):
            self.create(some)
        stored = [one for one in self.planned if not one.is_new]
        for some in batched(sorted(stored, key=lambda one: one.instance.pk)):
            self._compare(some)
            if not self.errors:
                self.update(some)
        return self.errors

    def _compare(self, some: list[Planned]) -> None:
        """Lock rows, and note cells that are not as they were when they were planned."""
        text = _("Someone saved another value meanwhile.")
        locked = {one.pk: one for one in self.locked([each.instance.pk for each in some])}
        for each in some:
            found = locked.get(each.instance.pk)
            now = {} if found is None else self.cells(found, each.row)
            self.errors += [
                CellError(each.number, name, as_read(now.get(name, ""))[:200], text)
                for name, value in each.before.items()
                if now.get(name) != value
            ]

    def locked(self, pks: list[int]) -> Any:
        """Return stored rows with what `cells` reads, locked in the order of their keys."""
        rows = self.rows().filter(pk__in=pks).order_by("pk")
        return rows.select_for_update(of=("self",), no_key=True)

    def create(self, some: list[Planned]) -> None:
        """Save new rows."""
        self.update(some)

    def update(self, some: list[Planned]) -> None:
        """Save the changed columns of locked rows."""
        for each in some:
            try:
                self.save_one(each)
            except ValidationError as error:
                self._note(each.number, each.row, error)

    def save_one(self, each: Planned) -> None:
        """Save a row by its own `save`."""
        each.instance.save(**({} if each.is_new else {"update_fields": self.columns_of([each])}))

    def columns_of(self, some: list[Planned]) -> list[str]:
        """Return the columns of the model that change in one of these rows."""
        own = {field.name for field in self._meta.model._meta.concrete_fields}
        changed = {name for each in some for name in each.changed}
        names = {
            str(one.attribute) for one in self.get_import_fields() if one.column_name in changed
        }
        return sorted(own & names)

    def _key(self, row: Any) -> tuple[str, ...]:
        return tuple(row.get(name, "") for name in self.key_columns)

    def get_instance(self, instance_loader: Any, row: Any) -> Any:
        """Return the stored row, but none that an earlier row of the file plans."""
        found = self.find(self._key(row))
        return found if found is not None and found.pk else None

    def get_import_id_fields(self) -> list[str]:
        """The header is checked before."""
        return []

    def before_import_row(self, row: Any, row_number: int = 0, **options: Any) -> None:
        """Report progress."""
        self.number = self.numbers[row_number - 1]
        if row_number % _PROGRESS_EVERY == 0:
            self.on_progress(row_number)

    def _reject_second(self, identity: Any) -> None:
        """Raise ValidationError if an earlier row is about the same record."""
        if (earlier := self.seen.setdefault(identity, self.number)) != self.number:
            text = _("Row %(row)s has the same key.") % {"row": earlier}
            raise ValidationError({self.key_columns[0]: text})

    def after_init_instance(self, instance: Any, new: bool, row: Any, **options: Any) -> None:
        """Apply the mode, and note the cells before the import."""
        first = self.key_columns[0]
        if not new:
            self._reject_second(instance.pk)
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
        if self.is_new:
            self._reject_second(self.identity(instance, row))
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
        instance.full_clean(exclude=self.unchanged())

    def unchanged(self) -> set[str]:
        """Return the model's fields that the row leaves alone, which were valid: to check them
        again would take queries for each row."""
        if self.is_new:
            return set()
        changed = {
            str(one.attribute)
            for one in self.get_import_fields()
            if one.column_name in self.row_changed
        }
        return {field.name for field in self._meta.model._meta.fields} - changed

    def after_save_instance(self, instance: Any, row: Any, **options: Any) -> None:
        """Plan the row, which the library did not save."""
        found = Planned(self.number, instance, row, self.before, self.row_changed, self.is_new)
        self.planned.append(found)

    def _collect(self, result: Any) -> None:
        """Note the errors of all rows, by cell."""
        for number, row in zip(self.numbers, result.rows, strict=False):
            if row.validation_error:
                self._note(number, row.row_values or {}, row.validation_error)
            self.errors += [CellError(number, "", "", str(each.error)) for each in row.errors]
        self.errors += [CellError(0, "", "", str(each.error)) for each in result.base_errors]

    def _note(self, number: int, row: Mapping[str, str], error: ValidationError) -> None:
        """Note the errors of a row, by column."""
        names = {field.attribute: field.column_name for field in self.get_import_fields()}
        has_fields = hasattr(error, "error_dict")
        found = error.message_dict if has_fields else {NON_FIELD_ERRORS: error.messages}
        for attribute, messages in found.items():
            column = names.get(attribute, "" if attribute == NON_FIELD_ERRORS else attribute)
            value = str(row.get(column, ""))[:200]
            self.errors.append(CellError(number, column, value, " ".join(messages)))


def folded(text: str) -> str:
    """Return what a name or SKU is compared by: composed, single spaces, no case."""
    return one_line(text).upper()


def as_read(value: Any) -> str:
    """Return an exported value as it is read from a file."""
    return plain_cell(safe_cell(value))


def _exported(value: Any) -> Any:
    """Return a value as a file has it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else value
