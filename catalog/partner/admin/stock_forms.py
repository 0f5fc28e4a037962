"""The stock forms of staff: receive or count several products at once, adjust one.

A form is recorded completely or not at all, and once, however often it is submitted.
"""

import uuid
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog.partner import ledger
from catalog.partner.models import StockMovement, StockRecord
from microflight.core.action_view import ActionForm
from microflight.core.forms import LineField
from microflight.core.numbers import IntegerField, NumberInput

if TYPE_CHECKING:
    from accounts.users.models import User

MAX_QUANTITY = 100_000  # in one field: more is a typing error
MAX_ROWS = 200  # in one form


class StockForm(forms.Form):
    """Products with a quantity each, and a note. `perform` adds errors instead of raising."""

    permission: ClassVar[str]
    title: ClassVar[Any]
    button: ClassVar[Any]
    column: ClassVar[Any]
    reason_label: ClassVar[Any] = _("Note")

    once = forms.CharField(max_length=36, widget=forms.HiddenInput)
    reason = LineField(
        max_length=255, required=False, widget=forms.TextInput(attrs={"class": "vTextField"})
    )
    more = forms.CharField(
        label=_("Add products"),
        required=False,
        max_length=2000,
        help_text=_("SKUs separated by spaces. Nothing is recorded yet."),
    )

    def __init__(self, data: Any = None, *, records: Sequence[StockRecord]) -> None:
        super().__init__(data.copy() if data is not None else None)
        self.records = records
        self.fields["reason"].label = self.reason_label
        self.fields["once"].initial = str(uuid.uuid4())
        for record in records:
            self.fields[f"quantity_{record.pk}"] = IntegerField(
                label=f"{self.column}, {record.partner_sku}",
                required=False,
                min_value=0,
                max_value=MAX_QUANTITY,
                widget=NumberInput({"class": "quantity"}),
            )

    def rows(self) -> Iterator[tuple[StockRecord, Any, Any]]:
        """Yield each record with its field, and the hidden one with the quantity on the page."""
        for record in self.records:
            seen = f"seen_{record.pk}"
            yield record, self[f"quantity_{record.pk}"], self[seen] if seen in self.fields else ""

    def entered(self) -> list[tuple[StockRecord, int]]:
        """Return the records that have a quantity."""
        found = ((one, self.cleaned_data.get(f"quantity_{one.pk}")) for one in self.records)
        return [(record, quantity) for record, quantity in found if quantity is not None]

    def clean_more(self) -> str:
        """Reject SKUs that were typed and not added: their products would be left out."""
        if self.cleaned_data["more"]:
            raise forms.ValidationError(
                _("Click “Add” to add these products first, or clear this field.")
            )
        return ""

    def clean(self) -> dict[str, Any]:
        """Reject a form without a quantity, and quantities of products that were deleted."""
        data = super().clean() or {}
        fields = {f"quantity_{record.pk}" for record in self.records}
        lost = [
            self.data[name]
            for name in self.data
            if name.startswith("quantity_") and name not in fields and self.data[name].strip()
        ]
        if lost:
            message = _("A product was deleted after you opened the page. Its quantity was: %s.")
            raise forms.ValidationError(message % ", ".join(lost))
        if not self.errors and not self.entered():
            raise forms.ValidationError(_("Enter at least one quantity."))
        return data

    @property
    def submitted_before(self) -> bool:
        """Tell whether this form was recorded already."""
        return StockMovement.objects.filter(key=self.cleaned_data["once"]).exists()

    def perform(self, by: "User") -> str:
        """Record all rows, or none; return a message, or an empty string if none was recorded."""
        changes = []
        with transaction.atomic():
            for record, quantity in sorted(self.entered(), key=lambda row: row[0].pk):
                try:
                    changes.append(self.record(record, quantity, by))
                except ledger.StockError as error:
                    self.add_error(f"quantity_{record.pk}", str(error))
            if self.errors:
                transaction.set_rollback(True)
                return ""
        return self.message(changes)

    def record(self, record: StockRecord, quantity: int, by: "User") -> int:
        """Record one row; return the change. Raises StockError."""
        raise NotImplementedError

    def message(self, changes: list[int]) -> str:
        """Return what was recorded, for staff."""
        raise NotImplementedError


class ReceiveForm(StockForm):
    """A delivery: the quantity received of each product."""

    permission = "partner.receive_stock"
    title = _("Receive stock")
    button = _("Receive stock")
    column = _("Received")
    reason_label = _("Packing slip or supplier")

    def entered(self) -> list[tuple[StockRecord, int]]:
        """Leave out what was not received."""
        return [(record, quantity) for record, quantity in super().entered() if quantity]

    def record(self, record: StockRecord, quantity: int, by: "User") -> int:
        """Add the delivery to the stock."""
        data = self.cleaned_data
        ledger.receive(record.pk, quantity, by=by, reason=data["reason"], key=data["once"])
        return quantity

    def message(self, changes: list[int]) -> str:
        """Return the total."""
        units = ngettext("%(n)s unit", "%(n)s units", sum(changes)) % {"n": sum(changes)}
        return gettext("Received %(units)s of %(products)s.") % {
            "units": units,
            "products": _products(len(changes)),
        }


class CountForm(StockForm):
    """A stock count: the quantity found, compared with the quantity on the page."""

    permission = "partner.count_stock"
    title = _("Stock count")
    button = _("Save count")
    column = _("Counted")

    def __init__(self, data: Any = None, *, records: Sequence[StockRecord]) -> None:
        super().__init__(data, records=records)
        self._added: set[int] = set()
        for record in records:
            name, now = f"seen_{record.pk}", record.num_in_stock or 0
            self.fields[name] = forms.IntegerField(
                initial=now, required=False, widget=forms.HiddenInput
            )
            if self.is_bound and name not in self.data:  # its row was added by SKU
                self._set_seen(record, now)
                self._added.add(record.pk)

    def _set_seen(self, record: StockRecord, now: int) -> None:
        cast(QueryDict, self.data)[f"seen_{record.pk}"] = str(now)

    def clean(self) -> dict[str, Any]:
        """Reject a count whose page did not show what is on hand."""
        data = super().clean() or {}
        for record in self.records:
            missing = record.pk in self._added or data.get(f"seen_{record.pk}") is None
            if missing and data.get(f"quantity_{record.pk}") is not None:
                self._set_seen(record, record.num_in_stock or 0)
                message = gettext(
                    "This page didn’t show the stock on hand: compare and save again."
                )
                self.add_error(f"quantity_{record.pk}", message)
        return data

    def record(self, record: StockRecord, quantity: int, by: "User") -> int:
        """Record the count; return the difference."""
        data = self.cleaned_data
        seen, details = data[f"seen_{record.pk}"], {"reason": data["reason"], "key": data["once"]}
        try:
            return ledger.count(record.pk, quantity, seen=seen, by=by, **details)
        except ledger.StockChanged as changed:  # the page that is shown next has the new quantity
            self._set_seen(record, changed.now)
            raise

    def message(self, changes: list[int]) -> str:
        """Return how many counts differed."""
        products = _products(len(changes))
        differences = [change for change in changes if change]
        if not differences:
            return gettext("Counted %(products)s, no differences.") % {"products": products}
        message = gettext("Counted %(products)s. Different: %(n)s; units in total: %(total)s.")
        total = f"{sum(differences):+d}"
        return message % {"products": products, "n": len(differences), "total": total}


def _products(number: int) -> str:
    return ngettext("%(n)s product", "%(n)s products", number) % {"n": number}


#: Forms for several products, by their name in the URL.
STOCK_FORMS: dict[str, type[StockForm]] = {"receive": ReceiveForm, "count": CountForm}


class AdjustForm(ActionForm):
    """Units of one product that were damaged, lost or found."""

    permission = "partner.adjust_stock"
    title = _("Adjust stock")
    button = _("Adjust stock")

    change = IntegerField(
        label=_("Change"),
        min_value=-MAX_QUANTITY,
        max_value=MAX_QUANTITY,
        help_text=_("Negative to remove units, e.g. -2."),
    )
    reason = LineField(
        label=_("Reason"),
        max_length=255,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )

    def perform(self, by: Any) -> str:
        """Change the quantity on hand. Raises StockError."""
        change = self.cleaned_data["change"]
        try:
            ledger.adjust(self.subject.pk, change, by=by, reason=self.cleaned_data["reason"])
        except ledger.StockError as error:
            error.field = "change"
            raise
        return gettext("Stock adjusted by %(change)s.") % {"change": f"{change:+d}"}


#: Actions on one stock record, see `ActionView`.
ACTIONS: dict[str, type[ActionForm]] = {"adjust": AdjustForm}
