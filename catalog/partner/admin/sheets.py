"""What staff do to the shelf: a delivery or a count of several articles on one sheet, and a
correction of one. All or nothing, and once, however often the page is sent."""

import uuid
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.db import transaction
from django.http import QueryDict

from catalog.partner import ledger
from catalog.partner.models import StockMovement, StockRecord

if TYPE_CHECKING:
    from accounts.users.models import User

MOST_PIECES = 100_000  # in one field: more is a slip of the keyboard
MOST_ROWS = 200  # on one sheet


class Sheet(forms.Form):
    """Articles, a number beside each, and why. `perform` raises nothing: it adds errors."""

    right: ClassVar[str]
    title: ClassVar[str]
    button: ClassVar[str]
    column: ClassVar[str]
    why_label: ClassVar[str] = "Remark"

    once = forms.CharField(max_length=36, widget=forms.HiddenInput)
    why = forms.CharField(
        max_length=255, required=False, widget=forms.TextInput(attrs={"class": "vTextField"})
    )
    more = forms.CharField(
        label="Another article",
        required=False,
        max_length=2000,
        help_text="SKUs with spaces between. They join the sheet; nothing is recorded yet.",
    )

    def __init__(self, data: Any = None, *, records: Sequence[StockRecord]) -> None:
        super().__init__(data.copy() if data is not None else None)
        self.records = records
        self.fields["why"].label = self.why_label
        self.fields["once"].initial = str(uuid.uuid4())
        for record in records:
            self.fields[f"pieces_{record.pk}"] = forms.IntegerField(
                label=f"{self.column}, {record.partner_sku}",
                required=False,
                min_value=0,
                max_value=MOST_PIECES,
                widget=forms.NumberInput(attrs={"class": "pieces", "inputmode": "numeric"}),
            )
            self._add_row_fields(record)

    def _add_row_fields(self, record: StockRecord) -> None:
        """For what a row carries besides."""

    def rows(self) -> Iterator[tuple[StockRecord, Any, Any]]:
        """Yield each article with its field, and the hidden one with what the page showed."""
        for record in self.records:
            seen = f"seen_{record.pk}"
            yield record, self[f"pieces_{record.pk}"], self[seen] if seen in self.fields else ""

    def entered(self) -> list[tuple[StockRecord, int]]:
        """Return the articles that have a number."""
        found = ((one, self.cleaned_data.get(f"pieces_{one.pk}")) for one in self.records)
        return [(record, pieces) for record, pieces in found if pieces is not None]

    def clean(self) -> dict[str, Any]:
        """Refuse a sheet without a number."""
        data = super().clean() or {}
        if not self.errors and not self.entered():
            raise forms.ValidationError("No number was entered.")
        return data

    @property
    def sent_before(self) -> bool:
        """Tell whether this very page was recorded already."""
        return StockMovement.objects.filter(key=self.cleaned_data["once"]).exists()

    def perform(self, by: "User") -> str:
        """Record every row, or none; returns what was done in words, empty where it was not."""
        with transaction.atomic():
            done = [
                self._try(record, pieces, by)
                for record, pieces in sorted(self.entered(), key=lambda row: row[0].pk)
            ]
            if self.errors:
                transaction.set_rollback(True)
                return ""
        return self._said([each for each in done if each is not None])

    def _try(self, record: StockRecord, pieces: int, by: "User") -> int | None:
        try:
            return self._act(record, pieces, by)
        except ledger.StockError as error:
            self.add_error(f"pieces_{record.pk}", str(error))
            return None

    def _act(self, record: StockRecord, pieces: int, by: "User") -> int:
        raise NotImplementedError

    def _said(self, done: list[int]) -> str:
        raise NotImplementedError


class ReceiveSheet(Sheet):
    """A delivery: how many pieces of which article came in."""

    right = "partner.receive_stock"
    title = "Receive a delivery"
    button = "Put on the shelf"
    column = "Arrived"
    why_label = "Delivery note or supplier"

    def entered(self) -> list[tuple[StockRecord, int]]:
        """Leave out what did not arrive."""
        return [(record, pieces) for record, pieces in super().entered() if pieces]

    def _act(self, record: StockRecord, pieces: int, by: "User") -> int:
        data = self.cleaned_data
        ledger.receive(record.pk, pieces, by=by, why=data["why"], key=data["once"])
        return pieces

    def _said(self, done: list[int]) -> str:
        return f"{_pieces(sum(done))} of {_articles(len(done))} are on the shelf."


class CountSheet(Sheet):
    """A count: what lies there, beside what the page showed."""

    right = "partner.count_stock"
    title = "Count the shelf"
    button = "Record this count"
    column = "Counted"

    def _add_row_fields(self, record: StockRecord) -> None:
        self.fields[f"seen_{record.pk}"] = forms.IntegerField(
            initial=record.num_in_stock or 0, widget=forms.HiddenInput
        )

    def _act(self, record: StockRecord, pieces: int, by: "User") -> int:
        data = self.cleaned_data
        seen = data[f"seen_{record.pk}"]
        try:
            return ledger.count(
                record.pk, pieces, seen=seen, by=by, why=data["why"], key=data["once"]
            )
        except ledger.StockMoved as moved:  # the page that is shown next has the new figure
            cast(QueryDict, self.data)[f"seen_{record.pk}"] = str(moved.now)
            raise

    def _said(self, done: list[int]) -> str:
        off = [each for each in done if each]
        if not off:
            return f"{_articles(len(done))} counted: the books were right."
        return f"{_articles(len(done))} counted; {len(off)} differed, {sum(off):+d} in all."


class CorrectForm(Sheet):
    """One article: pieces that broke, were lost or turned up, and why."""

    right = "partner.correct_stock"
    title = "Correct with a reason"
    button = "Correct"
    column = "Change"
    why_label = "Reason"

    def __init__(self, data: Any = None, *, records: Sequence[StockRecord]) -> None:
        super().__init__(data, records=records)
        del self.fields["more"]
        self.fields["why"].required = True
        for record in records:
            self.fields[f"pieces_{record.pk}"] = forms.IntegerField(
                label=f"Change, {record.partner_sku}",
                min_value=-MOST_PIECES,
                max_value=MOST_PIECES,
                help_text="With a minus sign for pieces that are gone, e.g. -2.",
                widget=forms.NumberInput(attrs={"class": "pieces"}),
            )

    def _act(self, record: StockRecord, pieces: int, by: "User") -> int:
        data = self.cleaned_data
        ledger.correct(record.pk, pieces, by=by, why=data["why"], key=data["once"])
        return pieces

    def _said(self, done: list[int]) -> str:
        return f"The stock is corrected by {sum(done):+d}."


SHEETS: dict[str, type[Sheet]] = {
    "receive": ReceiveSheet,
    "count": CountSheet,
    "correct": CorrectForm,
}


def _pieces(number: int) -> str:
    return "1 piece" if number == 1 else f"{number} pieces"


def _articles(number: int) -> str:
    return "1 article" if number == 1 else f"{number} articles"
