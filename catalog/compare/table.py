"""Products side by side: a row for each attribute that any of them has."""

from collections.abc import Iterable
from dataclasses import dataclass

from catalog.cards import ROW, Card, cards
from catalog.facts import Fact, facts_of
from catalog.models import Battery, Product


@dataclass(frozen=True, slots=True)
class Row:
    """One attribute, its value for each product; empty where a product has none."""

    name: str
    values: list[str]

    @property
    def differs(self) -> bool:
        """Tell whether this row helps to choose."""
        return len(set(self.values)) > 1


@dataclass(frozen=True, slots=True)
class Table:
    """The comparison, ready to print."""

    cards: list[Card]
    rows: list[Row]


def read(pks: list[int]) -> Table:
    """Return the table of those products that may be seen, in the given order."""
    rows = Product.objects.browsable().filter(pk__in=pks).values_list(*ROW)
    shown = sorted(cards(rows), key=lambda card: pks.index(card.pk))
    order = [card.pk for card in shown]
    variants = dict(
        Product.objects.public().filter(parent_id__in=order).values_list("pk", "parent_id")
    )
    facts = facts_of([*order, *variants])
    by_product: dict[int, dict[tuple[str, str], list[str]]] = {pk: {} for pk in order}
    for pk, found in sorted(facts.items(), key=lambda one: one[0] in variants):
        _collect(by_product[variants.get(pk, pk)], found)
    names = dict.fromkeys(key for pk in order for key in by_product[pk])
    compared = [
        Row(key[1], [", ".join(by_product[pk].get(key, [])) for pk in order]) for key in names
    ]
    return Table(shown, [*compared, _battery(order)] if order else [])


def _collect(into: dict[tuple[str, str], list[str]], facts: Iterable[Fact]) -> None:
    for fact in facts:
        values = into.setdefault((fact.code, fact.name), [])
        if fact.value not in values:
            values.append(fact.value)


def _battery(order: list[int]) -> Row:
    kinds = dict(Product.objects.filter(pk__in=order).values_list("pk", "battery"))
    return Row("Battery", [Battery(kinds[pk]).label.capitalize() for pk in order])
