"""The comparison table: a row for each attribute that any of the products has."""

from dataclasses import dataclass

from django.utils.translation import gettext

from catalog.cards import Card, live_products, make_card
from catalog.compare.selection import shared_url
from catalog.models import Battery, Product
from catalog.read_model import Details, details_of


@dataclass(frozen=True, slots=True)
class Row:
    """One attribute, its value for each product; empty where it is not stated."""

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
    url: str = ""  # that shows it to others

    @property
    def different(self) -> list[Row]:
        """Return the rows in which the products differ; of one product, all."""
        return [row for row in self.rows if row.differs or len(self.cards) == 1]

    @property
    def equal(self) -> list[Row]:
        """Return the rows that are the same for all products."""
        return [row for row in self.rows if row not in self.different]

    @property
    def for_cart(self) -> list[Card]:
        """Return the products that can be added to the cart without choosing an option."""
        return [card for card in self.cards if card.stock.can_buy and not card.has_variants]


def read(pks: list[int]) -> Table:
    """Return the table of those of these products that are public, in this order. Two queries."""
    live = live_products(pks)
    order = [pk for pk in pks if pk in live]
    if not order:
        return Table([], [])
    stored = dict(Product.objects.filter(pk__in=order).values_list("pk", "details"))
    details = [details_of(pk, stored[pk]) for pk in order]
    columns = [
        _values(each, {offer.product for offer in live[pk].offers})
        for pk, each in zip(order, details, strict=True)
    ]
    names = dict.fromkeys(key for column in columns for key in column)
    rows = [Row(key[1], [", ".join(each.get(key, [])) for each in columns]) for key in names]
    labels = dict(Battery.choices)
    battery = [str(labels.get(each.battery, "")).capitalize() for each in details]
    url = shared_url(each.item.upc or pk for pk, each in zip(order, details, strict=True))
    cards = [make_card(live[pk]) for pk in order]
    return Table(cards, [*rows, Row(gettext("Battery"), battery)], url)


def _values(details: Details, public: set[int]) -> dict[tuple[str, str], list[str]]:
    """Return the values of a product and its public variants, by code and name of the attribute."""
    found: dict[tuple[str, str], list[str]] = {}
    for item in (details.item, *(one for one in details.variants if one.pk in public)):
        for each in item.specifications:
            values = found.setdefault((each.code, each.name), [])
            if (value := str(each.value)) not in values:
                values.append(value)
    return found
