"""Changes of many products at once: a plan with old and new values, its application, and undo.

A value is fixed (`12.50`), relative (`+5%`, `-1.00`) or `empty`. Rows are saved one by one, so that
each has its version in the history; undo restores the versions before (`history_undo`).
"""

import re
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from itertools import groupby
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from catalog import read_model
from catalog.admin.fields import attribute_field, label_of
from catalog.facts import ProductFacts
from catalog.models import Category, Product, ProductAttribute
from catalog.partner.models import StockRecord
from microflight.core import history, history_undo, page_cache
from microflight.core.admin_base import FORM_FIELDS
from microflight.core.numbers import fold_digits, plain_number
from microflight.core.row_locks import lock_rows

MAX_ROWS = 1000
EMPTY = "empty"
_RELATIVE = re.compile(r"([+-])\s*(.*?)\s*(%?)")
_COLUMNS: dict[type[models.Model], tuple[str, ...]] = {
    StockRecord: (
        "regular_price", "sale_price", "sale_from", "sale_until", "cost", "low_stock_threshold",
        "backorder", "expected_on", "location", "partner",
    ),
    Product: (
        "weight_g", "is_public", "is_discountable", "priority", "discontinued_on", "description",
        "meta_title", "meta_description",
    ),
    ProductFacts: tuple(
        field.name
        for field in ProductFacts._meta.concrete_fields
        if field.name not in ("id", "product")
    ),
}  # fmt: skip
ADD_CATEGORY, REMOVE_CATEGORY = "add_category", "remove_category"
ATTRIBUTE = "attribute-"


class Column(NamedTuple):
    """A column that can be changed in bulk, under the name of its form field."""

    name: str
    model: type[models.Model]
    field: Any

    @property
    def label(self) -> str:
        return label_of(self.field)

    def form_field(self) -> Any:
        """Return the form field that reads a value, as in the product form."""
        options = {**FORM_FIELDS.get(type(self.field), {})}
        for model_field, found in FORM_FIELDS.items():
            if not options and isinstance(self.field, model_field):
                options = {**found}
        options.pop("widget", None)
        is_flag = isinstance(self.field, models.BooleanField)
        return self.field.formfield(required=not self.field.blank and not is_flag, **options)

    def row_of(self, product: Product) -> Any:
        """Return the row of a product that has this column; None if it has none."""
        if self.model is Product:
            return product
        if self.model is StockRecord:
            return next(iter(product.stockrecords.all()), None)
        if not hasattr(product, "facts"):
            product.facts = ProductFacts(product=product)
        return product.facts


COLUMNS = {
    name: Column(name, model, model._meta.get_field(name))
    for model, names in _COLUMNS.items()
    for name in names
}


@dataclass
class Edit:
    """A value of a product before and after; with an error it cannot be changed."""

    product: Product
    name: str
    label: str
    old: str
    new: str = ""
    error: str = ""
    category: Any = None

    @property
    def key(self) -> list[Any]:
        """Return what a preview showed, to be compared when it is applied."""
        return [self.product.pk, self.name, self.old, self.new]


class ChangedSince(Exception):
    """Products changed after the preview; nothing was saved. `skus` names them."""

    def __init__(self, skus: list[str]) -> None:
        super().__init__()
        self.skus = skus


def load(pks: Iterable[int]) -> list[Product]:
    """Return products with what can be changed, in the order of their titles."""
    rows = Product.objects.filter(pk__in=list(pks)).order_by("title", "upc", "pk")
    rows = rows.select_related("product_class", "parent__product_class", "facts")
    return list(
        rows.prefetch_related("stockrecords", "categories", "attribute_values__value_option")
    )


def plan(products: Iterable[Product], wanted: Mapping[int | None, Mapping[str, str]]) -> list[Edit]:
    """Return what would change; the objects then have the new values, not saved.

    `wanted` has texts by name of the column, for each product by its ID, or for all under None.
    """
    edits = []
    related = _related({name: text for texts in wanted.values() for name, text in texts.items()})
    for product in products:
        texts = {**wanted.get(None, {}), **wanted.get(product.pk, {})}
        made = [
            edit for name, text in texts.items() if (edit := _edit(product, name, text, related))
        ]
        _validate(product, made)
        edits += made
    return edits


def _related(texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the category or attribute of each name, as far as they exist. Two queries at most."""
    categories = {name: texts[name] for name in (ADD_CATEGORY, REMOVE_CATEGORY) if name in texts}
    attributes = [name for name in texts if name.startswith(ATTRIBUTE)]
    found: dict[str, Any] = {}
    if categories:
        rows: dict[int, Any] = Category.objects.in_bulk([int(pk) for pk in categories.values()])
        found |= {name: rows.get(int(pk)) for name, pk in categories.items()}
    if attributes:
        pks = [int(name.removeprefix(ATTRIBUTE)) for name in attributes]
        rows = ProductAttribute.objects.select_related("option_group").in_bulk(pks)
        found |= {name: rows.get(pk) for name, pk in zip(attributes, pks, strict=True)}
    return found


def _edit(product: Product, name: str, text: str, related: Mapping[str, Any]) -> Edit | None:
    """Set one value; return None if nothing changes or the product has no such value."""
    if name not in COLUMNS:
        if related[name] is None:  # deleted since the preview
            return None
        if name.startswith(ATTRIBUTE):
            return _attribute_edit(product, name, text, related[name])
        return _category_edit(product, name, related[name])
    column = COLUMNS[name]
    row = column.row_of(product)
    if row is None:
        return None
    before = getattr(row, column.field.attname)
    edit = Edit(product, name, column.label, _text(before))
    try:
        value = new_value(column, before, text)
    except ValidationError as error:
        edit.error = " ".join(error.messages)
        return edit
    if value == before:
        return None
    setattr(row, column.field.attname, value)
    edit.new = _text(value)
    return edit


def new_value(column: Column, before: Any, text: str) -> Any:
    """Return the value that a text makes of the one before. Raises ValidationError."""
    if text.strip().casefold() == EMPTY:
        text = ""
    elif column.field.get_internal_type() in _NUMBERS and (
        found := _RELATIVE.fullmatch(fold_digits(text).strip())
    ):
        text = _relative(before, *found.groups(), places=getattr(column.field, "decimal_places", 0))
    value = column.form_field().clean(text.removeprefix("=").strip())
    return value.pk if isinstance(value, models.Model) else value


_NUMBERS = ("DecimalField", "IntegerField", "SmallIntegerField", "PositiveIntegerField",
            "PositiveSmallIntegerField")  # fmt: skip


def _relative(before: Any, sign: str, text: str, percent: str, *, places: int) -> str:
    """Return a number that is higher or lower by an amount or percentage, rounded."""
    if before is None:
        raise ValidationError(_("There is no value to change by %(text)s.") % {"text": sign + text})
    try:
        number = Decimal(plain_number(text))
    except InvalidOperation:
        raise ValidationError(_("Enter an amount like +1.00 or a percentage like -5%.")) from None
    if not number.is_finite() or number > 10**9:
        raise ValidationError(_("This number is too large."))
    change = before * number / 100 if percent else number
    value = before - change if sign == "-" else before + change
    return str(Decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))


def _category_edit(product: Product, name: str, category: Category) -> Edit | None:
    """Plan a category to be added or removed; a product keeps at least one."""
    current = {one.pk for one in product.categories.all()}
    if product.is_child or (category.pk in current) == (name == ADD_CATEGORY):
        return None
    adds = name == ADD_CATEGORY
    edit = Edit(product, name, _("Category"), "–" if adds else category.name, category=category)
    edit.new = category.name if adds else "–"
    if not adds and len(current) == 1:
        edit.error = _("It is the only category of this product.")
    return edit


def _attribute_edit(
    product: Product, name: str, text: str, attribute: ProductAttribute
) -> Edit | None:
    """Set an attribute of products of its type."""
    kind = product.get_product_class()
    if kind is None or attribute.product_class_id != kind.pk:
        return None
    values = product.attribute_values.all()
    stored = next((each for each in values if each.attribute_id == attribute.pk), None)
    if stored:
        stored.attribute = attribute
    edit = Edit(product, name, attribute.name, str(stored.value_as_text) if stored else "–")
    field: Any = attribute_field(attribute, required=attribute.required)
    try:
        value = field.clean("" if text.strip().casefold() == EMPTY else text)
    except ValidationError as error:
        edit.error = " ".join(error.messages)
        return edit
    value = None if value == "" else value
    if value == (stored.value if stored else None):
        return None
    edit.new = _text(value)
    product.attr.initialize()
    setattr(product.attr, attribute.code, value)
    return edit


def _validate(product: Product, edits: list[Edit]) -> None:
    """Check the rows with changed values, as the product form does."""
    for row, names in _changed(product, edits):
        others = [field.name for field in row._meta.fields if field.name not in names]
        try:
            row.clean_fields(exclude=others)
            row.clean()
            row.validate_constraints(exclude=[each for each in others if each not in _UNCHANGED])
        except ValidationError as error:
            found = error.message_dict
            wrong = names if found.keys() - names else found.keys() & names
            wrong |= _TERMS & names if wrong & _TERMS else set()
            for edit in edits:
                if edit.name in wrong:
                    own = found.get(edit.name) or [text for each in found.values() for text in each]
                    edit.error = " ".join(own)


#: The price and its sale are checked together, so one that is wrong rejects the others.
_TERMS = {"regular_price", "sale_price", "sale_from", "sale_until"}
#: Constraints on them also name columns that can be changed: backorder, and the supplier.
_UNCHANGED = ("num_in_stock", "num_allocated", "partner_sku")


def _changed(product: Product, edits: list[Edit]) -> list[tuple[Any, set[str]]]:
    """Return the rows of a product with valid changes of columns, and the names of these."""
    found: dict[type[models.Model], set[str]] = {}
    for edit in edits:
        if edit.name in COLUMNS and not edit.error:
            found.setdefault(COLUMNS[edit.name].model, set()).add(edit.name)
    return [(COLUMNS[min(names)].row_of(product), names) for names in found.values()]


def _text(value: Any) -> str:
    return "–" if value in (None, "") else str(value)


@transaction.atomic
def apply(wanted: Mapping[int | None, Mapping[str, str]], seen: list[list[Any]], *, by: Any) -> str:
    """Apply a plan that was shown as `seen`; return its key, which undoes it.

    Raises ChangedSince, and saves nothing, if the same plan would now change something else.
    """
    pks = {each[0] for each in seen}
    _lock(pks)
    products = load(pks)
    edits = [edit for edit in plan(products, wanted) if not edit.error]
    if (now := [edit.key for edit in edits]) != seen:
        changed = {row[0] for row in [*now, *seen] if row not in now or row not in seen}
        raise ChangedSince([one.upc or one.title for one in products if one.pk in changed])
    key = secrets.token_hex(4)
    labels = ", ".join(dict.fromkeys(edit.label for edit in edits))
    with page_cache.invalidated_once(), history.recorded(by, f"{reason_of(key)}: {labels}"):
        for product in products:
            _save(product, [edit for edit in edits if edit.product is product])
    read_model.refresh(pks)
    return key


def _lock(products: Collection[int]) -> None:
    lock_rows(Product.objects.filter(pk__in=products))
    lock_rows(StockRecord.objects.filter(product__in=products))


def _save(product: Product, edits: list[Edit]) -> None:
    for row, names in _changed(product, edits):
        row.save(**({"update_fields": names} if row.pk else {}))
    for edit in edits:
        if edit.name == ADD_CATEGORY:
            product.categories.add(edit.category)
        elif edit.name == REMOVE_CATEGORY:
            product.categories.remove(edit.category)
    if any(edit.name.startswith(ATTRIBUTE) for edit in edits):
        product.attr.save()


# --- Undo ----------------------------------------------------------------------------------------


def reason_of(key: str) -> str:
    """Return how the reason of each version of a bulk edit begins."""
    return f"Bulk edit {key}"


def versions_of(key: str) -> list[tuple[Any, Any]]:
    """Return the versions that a bulk edit made, each with the one before it or None. At most two
    queries for each table."""
    pairs = []
    for model in history.tracked_models():
        rows = model.history.filter(history_change_reason__startswith=reason_of(key) + ":")
        made = list(rows.annotate(before=_others(model, history_id__lt=OuterRef("history_id"))))
        befores = model.history.in_bulk([row.before for row in made if row.before])
        pairs += [(row, befores.get(row.before)) for row in made]
    return pairs


def _others(model: Any, **which: Any) -> Subquery:
    """Return a subquery of the newest version of the same record."""
    pk = model._meta.pk.attname
    rows = model.history.filter(**{pk: OuterRef(pk)}, **which).order_by("-history_id")
    return Subquery(rows.values("history_id")[:1])


def is_undone(key: str) -> bool:
    """Return whether a version says that a bulk edit was undone."""
    reason = _UNDONE % key
    return any(
        model.history.filter(history_change_reason=reason).exists()
        for model in history.tracked_models()
    )


_UNDONE = "Undid bulk edit %s"


@transaction.atomic
def undo(key: str, *, by: Any) -> tuple[int, list[str]]:
    """Restore what a bulk edit changed; return how many rows, and the names of those that were
    changed since: they stay."""
    done: list[int] = []
    kept: list[int] = []
    versions = versions_of(key)
    _lock({product_of(version) for version, _before in versions})
    with page_cache.invalidated_once(), history.recorded(by, _UNDONE % key):
        for model, pairs in groupby(versions, key=lambda pair: pair[0].instance_type):
            undone, stays = history_undo.undo(model, list(pairs))
            done += map(product_of, undone)
            kept += map(product_of, stays)
    read_model.refresh(done)
    names = Product.objects.filter(pk__in=kept).order_by("upc").values_list("upc", "title")
    return len(done), [sku or title for sku, title in names]


def product_of(version: Any) -> int:
    """Return the ID of the product of a version."""
    return getattr(version, "product_id", None) or history.version_pk(version)
