"""One parcel of each of several orders: typed in a grid, or read from a CSV file."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import IO, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.users.models import User
from checkout.fulfilment.admin.quantity_forms import CreateShipmentForm
from checkout.fulfilment.refund_actions import refund_order
from checkout.order.lines import LineProgress, progress_of_orders
from checkout.order.locking import OrderActionError
from checkout.order.models import Order
from checkout.placement.parcels import parcels
from checkout.refunds.allocation import refundable_shares, shipping_shares
from microflight.core.csv_files import InvalidFile, read_table
from microflight.core.money import format_cents, format_money
from microflight.core.numbers import fold_digits
from microflight.core.text import one_line

#: Parcels on one page.
MOST_PARCELS = 50
#: Columns of the file. Without `items` (`SKU x 2, SKU`), all that can ship now is in the parcel.
REQUIRED, OPTIONAL = ("order", "tracking_number"), ("carrier", "items", "declaration_id", "phone")
_ITEM = re.compile(r"(.+?)(?:\s*[x×:*]\s*(\d{1,7}))?")


class ParcelForm(CreateShipmentForm):
    """A row of the grid. A row that is left as it is stays unshipped.

    `first` is the row of another order that can ship in the same parcel.
    """

    use_required_attribute = False

    def __init__(
        self,
        *args: Any,
        progress: list[LineProgress],
        first: "ParcelForm | None" = None,
        **kwargs: Any,
    ) -> None:
        self._progress, self.first = progress, first
        super().__init__(*args, empty_permitted=True, **kwargs)
        self.fields["untracked"] = forms.BooleanField(label=_("No tracking number"), required=False)
        if first:
            self._add_together(first.order.number)

    def _add_together(self, number: str) -> None:
        self.fields["together"] = forms.BooleanField(
            label=gettext("In the parcel of order %(number)s") % {"number": number},
            help_text=_("With the same tracking number, unless you enter another one."),
            initial=True,
            required=False,
        )
        shipping = self.order.shipping_incl_tax
        if shipping and not self.order.adds_to_id:  # what was added paid only its increase
            label = gettext("Refund its shipping, %(amount)s") % {"amount": format_money(shipping)}
            self.fields["refund_shipping"] = forms.BooleanField(label=label, required=False)

    @property
    def warning(self) -> str:
        return " ".join(self.notes())  # the page says the rest once

    @property
    def is_together(self) -> bool:
        """Tell whether it ships in the parcel of the first row."""
        typed = self.data.get(self.add_prefix("tracking_number"))
        return bool(self.first and self.data.get(self.add_prefix("together")) and not typed)

    def has_changed(self) -> bool:
        """Tell whether it ships: something was entered in it, or in the row of its parcel."""
        is_sent = self.is_together and self.first is not None and self.first.has_changed()
        return is_sent or super().has_changed()

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
        """Require a tracking number, unless the parcel has none or is that of another row."""
        data = super().clean()
        if self.is_together and self.first:
            self.first.is_valid()  # its row comes before this one, and is the parcel's
            sent = self.first.cleaned_data
            return data | {name: sent.get(name, "") for name in ("carrier", "tracking_number")}
        number = data.get("tracking_number")
        if not (number or data.get("untracked") or "tracking_number" in self.errors):
            text = gettext("Enter the tracking number, or check “No tracking number”.")
            self.add_error("tracking_number", text)
        return data

    def separate(self) -> None:
        """Let it ship alone: the row of its parcel has shipped, and this one failed."""
        if self.is_together and self.first:
            data: Any = self.data
            self.data = data = data.copy()
            data[self.add_prefix("tracking_number")] = self.first["tracking_number"].value()
        for name in ("together", "refund_shipping"):
            self.fields.pop(name, None)

    def perform(self, by: User) -> str:
        done = super().perform(by)
        wanted = self.is_together and self.cleaned_data.get("refund_shipping")
        if self.first is None or not wanted:
            return done
        try:
            cents = self._refund_shipping(self.first.order, by)
        except OrderActionError as error:
            failed = gettext("Its shipping was not refunded: %(reason)s")
            return f"{done} {failed % {'reason': error}}"
        refunded = gettext("%(amount)s of shipping was refunded.") % {"amount": format_cents(cents)}
        return f"{done} {refunded}"

    def _refund_shipping(self, first: Order, by: User) -> int:
        left = shipping_shares(refundable_shares(self.order))
        shares = {share: cents for share, cents in left.items() if cents}
        reason = gettext("Shipped in the parcel of order %(number)s")
        refund = refund_order(
            order=self.order,
            cents=sum(shares.values()),
            reason=reason % {"number": first.number},
            by=by,
            shares=shares,
        )
        return refund.amount_cents

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
        """Return the quantity of each line. An order may have several lines of one SKU, and a
        file may name a SKU twice: quantities add up, and are taken from the first line first."""
        by_sku: dict[str, list[LineProgress]] = defaultdict(list)
        for each in self.progress:
            by_sku[_folded(each.line.partner_sku)].append(each)
        wanted: dict[str, int] = defaultdict(int)
        for item in filter(None, map(str.strip, re.split("[,;\n]", text))):
            found = _ITEM.fullmatch(item)
            sku, quantity = (found[1], found[2]) if found else (item, None)
            lines = by_sku.get(_folded(sku))
            if not lines:
                error = gettext("“%(sku)s” is not left to ship.")
                raise ValidationError(error % {"sku": sku[:128]})
            ready = sum(each.ready for each in lines)
            wanted[_folded(sku)] += int(quantity) if quantity else ready
        quantities = {f"line_{each.line.pk}": 0 for each in self.progress}
        for sku, quantity in wanted.items():
            quantities |= _spread(by_sku[sku], quantity)
        return quantities


def _folded(sku: str) -> str:
    return one_line(sku).upper()


def _spread(lines: list[LineProgress], quantity: int) -> dict[str, int]:
    """Return the quantity of each line of one SKU; what is too much is shown at the last one."""
    found = {}
    for each in lines:
        found[f"line_{each.line.pk}"] = taken = min(quantity, each.ready)
        quantity -= taken
    found[f"line_{lines[-1].line.pk}"] += quantity
    return found


def parcel_forms(orders: Collection[Order], data: Any = None) -> list[ParcelForm]:
    """Return a row for each order, those of one parcel one after the other."""
    by_order: dict[int, list[LineProgress]] = defaultdict(list)
    for each in progress_of_orders(orders):
        by_order[each.line.order_id].append(each)
    rows: list[ParcelForm] = []
    for parcel in parcels(orders):
        first = None
        for order in parcel:
            progress, prefix = by_order[order.pk], f"order-{order.pk}"
            row = ParcelForm(data, subject=order, progress=progress, first=first, prefix=prefix)
            first = first or row
            rows.append(row)
    return rows


def orders_to_ship(**condition: Any) -> list[Order]:
    """Return open orders with what their rows show, oldest first."""
    orders = Order.objects.open().filter(**condition).prefetch_related("attempts", "additions")
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
