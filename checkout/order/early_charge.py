"""Early charge: the card is charged at checkout if an item ships after its authorization expires.

A card authorization lasts about a week (`CARD_AUTHORIZATION_DAYS`). For items that are expected
later, the shopper agrees to be charged now, or does not order them. The text of this consent is
stored on the order, and `settle()` captures an order that has one.
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
from django.utils.translation import gettext, ngettext

#: What an order needs of tracked stock: the stock record, the quantity, the product's title.
Wanted = tuple[Any, int, str]


@dataclass(frozen=True, slots=True)
class LateLine:
    """A product that ships after the card authorization expires; None: the date is unknown."""

    title: str
    expected_on: date | None

    def __str__(self) -> str:
        if self.expected_on is None:
            return gettext("%(product)s (no date known yet)") % {"product": self.title}
        day = date_format(self.expected_on, "F j, Y")
        text = gettext("%(product)s (expected on %(day)s)")
        return text % {"product": self.title, "day": day}


def in_stock(wanted: Iterable[Wanted]) -> frozenset[int]:
    """Return the keys of the stock records that have all wanted units available."""
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
    """Return what ships only after a card authorization of today has expired.

    That is what is on backorder and expected too late, or without a date in the future.
    `CARD_AUTHORIZATION_MARGIN_DAYS` are reserved for receiving and shipping.
    """
    wanted = list(wanted)
    available, today = in_stock(wanted), localdate()
    days = settings.CARD_AUTHORIZATION_DAYS - settings.CARD_AUTHORIZATION_MARGIN_DAYS
    late = []
    for record, _, title in wanted:
        if record.pk in available or not record.backorder:  # it cannot be ordered
            continue
        day = record.expected_on
        if day is None or not today <= day <= today + timedelta(days=days):
            late.append(LateLine(title, day if day and day >= today else None))
    return tuple(late)


def hold_agreement(titles: Iterable[str], away_from: date | None, reopens_on: date) -> str:
    """Return the text of the checkbox by which the shopper accepts that items wait until the shop
    reopens, and that the card is charged now. `away_from` is in the future, or does not matter."""
    text = gettext(
        "Hold my order and charge my card in full now: we are away, and %(products)s will ship "
        "after we reopen on %(day)s. Until the first shipment leaves, I can cancel my order free "
        "of charge and get a full refund."
    )
    if away_from and away_from > localdate():
        text = gettext(
            "Hold my order and charge my card in full now: we are away from %(first)s, and "
            "%(products)s will ship after we reopen on %(day)s. Until the first shipment leaves, "
            "I can cancel my order free of charge and get a full refund."
        )
    days = {"first": away_from and _long(away_from), "day": _long(reopens_on)}
    return text % {"products": get_text_list(list(titles), gettext("and")), **days}


def _long(day: date) -> str:
    return date_format(day, "l, F j, Y")


def advance_payment() -> str:
    """Return what people agree to who pay without a card for items that ship late."""
    return gettext(
        "Some items ship later, on the dates shown. I pay for them now. Until the first shipment "
        "leaves, I can cancel my order free of charge and get a full refund."
    )


def agreement(late: Iterable[LateLine]) -> str:
    """Return the text of the checkbox by which the shopper agrees to the early charge."""
    days = settings.CARD_AUTHORIZATION_DAYS
    text = ngettext(
        "Charge my card in full now, not when my order ships. Why: a bank holds an authorized "
        "amount for about %(days)d day, and %(products)s cannot ship by then. Until the first "
        "shipment leaves, I can cancel my order free of charge and get a full refund.",
        "Charge my card in full now, not when my order ships. Why: a bank holds an authorized "
        "amount for about %(days)d days, and %(products)s cannot ship by then. Until the first "
        "shipment leaves, I can cancel my order free of charge and get a full refund.",
        days,
    )
    products = get_text_list([str(line) for line in late], gettext("and"))
    return text % {"days": days, "products": products}
