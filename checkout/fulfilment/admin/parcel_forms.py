"""One parcel of each of several orders: typed in a grid, or read from a CSV file."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import IO, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from checkout.fulfilment.admin.quantity_forms import CreateShipmentForm
from checkout.order.lines import LineProgress, progress_of_orders
from checkout.order.models import Order
from microflight.core.csv_files import InvalidFile, read_table
from microflight.core.numbers import fold_digits

#: Parcels on one page.
MOST_PARCELS = 50
#: Columns of the file. Without `items` (`SKU x 2, SKU`), all that can ship now is in the parcel.
REQUIRED, OPTIONAL = ("order", "tracking_number"), ("carrier", "items", "declaration_id", "phone")
_ITEM = re.compile(r"(.+?)(?:\s*[x×:*]\s*(\d{1,7}))?")


class ParcelForm(CreateShipmentForm):
    """A row of the grid. A row that is left as it is stays unshipped."""

    use_required_attribute = False

    def __init__(self, *args: Any, progress: list[LineProgress], **kwargs: Any) -> None:
        self._progress = progress
        super().__init__(*args, empty_permitted=True, **kwargs)
        self.fields["untracked"] = forms.BooleanField(label=_("No tracking number"), required=False)

    def all_progress(self) -> list[LineProgress]:
        return self._progress

    @property
    def items(self) -> list[Any]:
        """Return the fields of the quantities."""
        return [field for field in self if field.name.startswith("line_")]

    @property
    def other_fields(self) -> list[Any]:
        """Return the fields of carrier and customs."""
        return [field for field in self if not field.name.startswith("line_")]

    def clean(self) -> dict[str, Any]:
        """Require a tracking number, unless the parcel has none."""
        data = super().clean()
        number = data.get("tracking_number")
        if not (number or data.get("untracked") or "tracking_number" in self.errors):
            text = gettext("Enter the tracking number, or check “No tracking number”.")
            self.add_error("tracking_number", text)
        return data

    def data_of(self, cells: Mapping[str, str]) -> dict[str, Any]:
        """Return form data: the initial values, and what a row of a file says instead.

        Raises ValidationError for an item that is not in the order.
        """
        values = {name: field.initial for name, field in self.fields.items()}
        values |= {name: text for name, text in cells.items() if text and name in values}
        if cells["items"]:
            values |= self._quantities_of(cells["items"])
        return {self.add_prefix(name): value for name, value in values.items() if value is not None}

    def _quantities_of(self, text: str) -> dict[str, Any]:
        by_sku: dict[str, Any] = {each.line.partner_sku.lower(): each for each in self.progress}
        quantities: dict[str, Any] = {f"line_{each.line.pk}": 0 for each in self.progress}
        for item in filter(None, map(str.strip, re.split("[,;\n]", text))):
            found = _ITEM.fullmatch(item)
            sku, quantity = (found[1], found[2]) if found else (item, None)
            each = by_sku.get(sku.lower())
            if each is None:
                error = gettext("“%(sku)s” is not left to ship.")
                raise ValidationError(error % {"sku": sku[:128]})
            quantities[f"line_{each.line.pk}"] = quantity or each.ready
        return quantities


def parcel_forms(orders: Collection[Order], data: Any = None) -> list[ParcelForm]:
    """Return a row for each order, in a fixed number of queries."""
    by_order: dict[int, list[LineProgress]] = defaultdict(list)
    for each in progress_of_orders(orders):
        by_order[each.line.order_id].append(each)
    return [
        ParcelForm(data, subject=order, progress=by_order[order.pk], prefix=f"order-{order.pk}")
        for order in orders
    ]


def orders_to_ship(**condition: Any) -> list[Order]:
    """Return open orders with what their rows show, oldest first."""
    orders = Order.objects.open().filter(**condition).prefetch_related("attempts")
    related = ("shipping_address__country", "billing_address__country")
    return list(orders.select_related(*related).order_by("pk")[:MOST_PARCELS])


class ParcelFile(forms.Form):
    """The CSV file of a carrier's program, or one that staff made."""

    file = forms.FileField(label=_("CSV file"))

    def clean_file(self) -> list[tuple[int, dict[str, str]]]:
        """Return the rows of the file, with their numbers."""
        try:
            return list(_rows(self.cleaned_data["file"]))
        except InvalidFile as error:
            raise ValidationError(str(error)) from error


def _rows(file: IO[bytes]) -> Iterable[tuple[int, dict[str, str]]]:
    _unknown, rows = read_table(
        file,
        required=REQUIRED,
        optional=OPTIONAL,
        max_rows=MOST_PARCELS,
        with_long_numbers=True,  # tracking numbers; the file is not stored
    )
    for number, cells in rows:
        cells["order"] = re.sub(r"[\s#-]", "", fold_digits(cells["order"]))[:32]
        yield number, cells


def forms_of_file(
    rows: list[tuple[int, dict[str, str]]],
) -> tuple[list[ParcelForm], list[str]]:
    """Return the grid that the rows of a file fill, checked, and what is wrong with other rows."""
    numbers = [cells["order"] for _row, cells in rows]
    orders = {order.number: order for order in orders_to_ship(number__in=numbers)}
    empty = {form.order.number: form for form in parcel_forms(orders.values())}
    filled: dict[str, dict[str, Any]] = {}
    problems = []
    for row, cells in rows:
        try:
            filled[cells["order"]] = _data_of_row(cells, empty, filled)
        except ValidationError as error:
            text = gettext("Row %(row)d, order %(order)s: %(problem)s")
            details = {"row": row, "order": cells["order"] or "–", "problem": error.messages[0]}
            problems.append(text % details)
    data = {name: value for values in filled.values() for name, value in values.items()}
    return parcel_forms([orders[number] for number in filled], data), problems


def _data_of_row(
    cells: dict[str, str], empty: dict[str, ParcelForm], filled: Collection[str]
) -> dict[str, Any]:
    if cells["order"] in filled:
        raise ValidationError(gettext("It is in the file twice."))
    if cells["order"] not in empty:
        raise ValidationError(gettext("It does not exist, or has nothing left to ship."))
    return empty[cells["order"]].data_of(cells)
