"""The comparison table: a row for each attribute that any of the products has."""

from dataclasses import dataclass

from django.utils.translation import gettext

from catalog.cards import Card, live_products, make_card
from catalog.models import Battery, Product
from catalog.read_model import Details, details_of


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

    @property
    def different(self) -> list[Row]:
        """Return the rows in which the products differ; of one product, all."""
        return [row for row in self.rows if row.differs or len(self.cards) == 1]

    @property
    def equal(self) -> list[Row]:
        """Return the rows that are the same for all products."""
        return [row for row in self.rows if row not in self.different]


def read(pks: list[int]) -> Table:
    """Return the table of those products that are public. Two queries.

    In the given order, but products of one type next to each other.
    """
    live = live_products(pks)
    rows = Product.objects.filter(pk__in=[pk for pk in pks if pk in live])
    columns_of = rows.values_list("pk", "details", "product_class")
    stored = {pk: (details, type_id) for pk, details, type_id in columns_of}
    types = [stored[pk][1] for pk in pks if pk in stored]
    order = sorted(stored, key=lambda pk: (types.index(stored[pk][1]), pks.index(pk)))
    details = [details_of(pk, stored[pk][0]) for pk in order]
    columns = [
        _values(each, {offer.product for offer in live[pk].offers})
        for pk, each in zip(order, details, strict=True)
    ]
    names = dict.fromkeys(key for column in columns for key in column)
    compared = [Row(key[1], [", ".join(each.get(key, [])) for each in columns]) for key in names]
    labels = dict(Battery.choices)
    battery = [str(labels.get(each.battery, "")).capitalize() for each in details]
    cards = [make_card(live[pk]) for pk in order]
    return Table(cards, [*compared, Row(gettext("Battery"), battery)] if order else [])


def _values(details: Details, public: set[int]) -> dict[tuple[str, str], list[str]]:
    """Return the values of a product and its public variants, by code and name of the attribute."""
    found: dict[tuple[str, str], list[str]] = {}
    for item in (details.item, *(one for one in details.variants if one.pk in public)):
        for each in item.specifications:
            values = found.setdefault((each.code, each.name), [])
            if (value := str(each.value)) not in values:
                values.append(value)
    return found
