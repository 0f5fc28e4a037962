"""Charging a card at checkout, because its authorization would end before the order can ship.

A card authorization lasts about a week (`CARD_AUTHORIZATION_DAYS`). Goods that are expected later
cannot wait for it: the shopper agrees to be charged at once, or does not order them. The words
that they agree to are kept on the order, and `settle()` captures an order that has them.
See docs/decisions/014-early-charge.md.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.timezone import localdate
from django.utils.translation import gettext

#: What an order takes of counted stock: the stock record, the quantity, the product's title.
Wanted = tuple[Any, int, str]


@dataclass(frozen=True, slots=True)
class LateLine:
    """A product that cannot ship while a card authorization lasts; None: no date is known."""

    title: str
    expected_on: date | None

    def __str__(self) -> str:
        if self.expected_on is None:
            return gettext("%(product)s (no date known yet)") % {"product": self.title}
        day = date_format(self.expected_on, "F j, Y")
        words = gettext("%(product)s (expected on %(day)s)")
        return words % {"product": self.title, "day": day}


def in_stock(wanted: Iterable[Wanted]) -> frozenset[int]:
    """Return the keys of the stock records that have everything free that is wanted of them."""
    wanted = list(wanted)
    quantities: Counter[int] = Counter()
    for record, quantity, _ in wanted:
        quantities[record.pk] += quantity
    return frozenset(
        record.pk
        for record, _, _ in wanted
        if (record.net_stock_level or 0) >= quantities[record.pk]
    )


def late_lines(wanted: Iterable[Wanted]) -> tuple[LateLine, ...]:
    """Return what cannot ship before a card that is authorized today may let the money go.

    That is what is on backorder and expected too late, or without a date: a date that is over
    counts as none. `CARD_AUTHORIZATION_MARGIN_DAYS` are left for unpacking and shipping.
    """
    wanted = list(wanted)
    there, today = in_stock(wanted), localdate()
    lasts = settings.CARD_AUTHORIZATION_DAYS - settings.CARD_AUTHORIZATION_MARGIN_DAYS
    found = []
    for record, _, title in wanted:
        if record.pk in there or not record.backorder:  # or it cannot be ordered at all
            continue
        day = record.expected_on
        if day is None or not today <= day <= today + timedelta(days=lasts):
            found.append(LateLine(title, day if day and day >= today else None))
    return tuple(found)


def agreement(late: Iterable[LateLine]) -> str:
    """Return the words beside the box that lets us charge an order with these lines at once."""
    words = gettext(
        "Charge my card in full now, not when my order ships. Why: a bank holds an authorized "
        "amount for about %(days)d days, and %(products)s cannot ship by then. Until the first "
        "shipment leaves, I can cancel my order free of charge and get a full refund."
    )
    products = get_text_list([str(line) for line in late], gettext("and"))
    return words % {"days": settings.CARD_AUTHORIZATION_DAYS, "products": products}
