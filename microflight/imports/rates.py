"""Rate cards: the rows of a method, zone and first day replace each other as a whole."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from checkout.shipping import rate_card
from checkout.shipping.models import ShippingRate
from microflight.core import page_cache
from microflight.imports.files import Row
from microflight.imports.report import CellError, Report
from microflight.imports.resources import BOTH


class RateImport:
    """The dataset of rate cards, with the methods of a `ShopResource` that a job uses."""

    model = ShippingRate
    key_columns: ClassVar[tuple[str, ...]] = rate_card.REQUIRED
    mode = BOTH
    by: Any = None
    on_progress: Callable[[int], None] = staticmethod(lambda done: None)

    def columns(self) -> list[str]:
        """Return the names of the columns."""
        return list(rate_card.COLUMNS)

    def export_rows(self) -> Iterable[tuple[object, ...]]:
        """Return the cells of all rates."""
        return rate_card.export_rows()

    def plan(self, header: list[str], rows: list[Row]) -> Report:
        """Read all cards and return what would change; saves nothing. Raises InvalidFile."""
        empty = dict.fromkeys(rate_card.COLUMNS, "")
        table = {number: empty | dict(zip(header, cells, strict=True)) for number, cells in rows}
        self.cards: list[rate_card.Card] = []
        errors = []
        try:
            self.cards = rate_card.read_cards(table.items())
        except rate_card.InvalidRates as error:
            errors = [
                CellError(one.row, one.column, table[one.row][one.column][:200], one.message)
                for one in error.errors
            ]
        self.changes = list(self._changes())
        created = sum(not old for _row, _key, _column, old, _new in self.changes)
        changed = len(self.changes) - created
        in_file = sum(row > 0 for row, *_others in self.changes)
        unchanged = len(rows) - in_file if self.cards else 0
        return Report(created, changed, unchanged, errors, self.changes)

    def _changes(self) -> Iterator[tuple[int, str, str, str, str]]:
        for card in self.cards:
            for row, grams, old, new in rate_card.changes(card):
                key = f"{card.method_zone} {card.effective_from.isoformat()}, {grams} g"
                yield row, key, "price", str(old.price) if old else "", _shown(new)

    def prepare(self) -> None:
        """Nothing precedes the transaction."""

    def apply(self) -> list[CellError]:
        """Save the cards in the caller's transaction. With errors, it is to be rolled back."""
        rate_card.lock(self.cards)
        if (now := list(self._changes())) != self.changes:
            text = _("Someone saved another value meanwhile.")
            differ = sorted({*now} ^ {*self.changes})
            return [CellError(row, column, key, text) for row, key, column, _o, _n in differ]
        for card in self.cards:
            rate_card.replace(card)
        return []

    def finish(self) -> None:
        """Show the new prices."""
        page_cache.invalidate()


def _shown(price: rate_card.Price | None) -> str:
    return str(price.price) if price else _("removed")
