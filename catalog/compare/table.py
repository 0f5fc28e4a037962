"""The comparison table: a row for each attribute that any of the products has."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext

from catalog.cards import ROW, Card, cards
from catalog.models import Battery, Product
from catalog.specifications import Specification, specifications_of


@dataclass(frozen=True, slots=True)
class Row:
    """One attribute, its value for each product; empty where a product has none."""

    name: str
    values: list[str]

    @property
    def differs(self) -> bool:
        """Tell whether the products differ in this row."""
        return len(set(self.values)) > 1


@dataclass(frozen=True, slots=True)
class Table:
    """The comparison, ready to show."""

    cards: list[Card]
    rows: list[Row]


def read(pks: list[int]) -> Table:
    """Return the table of those products that are public, in the given order."""
    rows = Product.objects.browsable().filter(pk__in=pks).values_list(*ROW)
    shown = sorted(cards(rows), key=lambda card: pks.index(card.pk))
    order = [card.pk for card in shown]
    variants = dict(
        Product.objects.public().filter(parent_id__in=order).values_list("pk", "parent_id")
    )
    specifications = specifications_of([*order, *variants])
    by_product: dict[int, dict[tuple[str, str], list[str]]] = {pk: {} for pk in order}
    for pk, found in sorted(specifications.items(), key=lambda one: one[0] in variants):
        _collect(by_product[variants.get(pk, pk)], found)
    names = dict.fromkeys(key for pk in order for key in by_product[pk])
    compared = [
        Row(key[1], [", ".join(by_product[pk].get(key, [])) for pk in order]) for key in names
    ]
    return Table(shown, [*compared, _battery(order)] if order else [])


def _collect(into: dict[tuple[str, str], list[str]], found: Iterable[Specification]) -> None:
    for each in found:
        values = into.setdefault((each.code, each.name), [])
        if each.value not in values:
            values.append(each.value)


def _battery(order: list[int]) -> Row:
    types = dict(Product.objects.filter(pk__in=order).values_list("pk", "battery"))
    return Row(gettext("Battery"), [Battery(types[pk]).label.capitalize() for pk in order])
