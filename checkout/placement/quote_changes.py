"""What changed since the shopper saw a quote, as sentences."""

from collections.abc import Mapping
from typing import Any

from django.core import signing
from django.utils.translation import gettext

from checkout.placement.quote import SALT, Quote


def changes_since(signed: str, quote: Quote) -> list[str]:
    """Return how `quote` differs from the `signed` one, as sentences for the shopper."""
    try:
        before = signing.loads(signed, salt=SALT)
    except signing.BadSignature:
        before = {}
    return changes_between(before, quote)


def changes_between(before: Mapping[str, Any], quote: Quote) -> list[str]:
    """Return how `quote` differs from earlier amounts, as sentences."""
    now = quote.amounts()
    changes = [
        *_changed_lines(before.get("lines", {}), now["lines"]),
        *_changed_contents(before.get("contents", {}), now),
        *_changed_discounts(before.get("discounts", {}), now["discounts"]),
        *_changed_totals(dict(before), now),
        *_changed_early_charge(before.get("early_charge", ""), now["early_charge"]),
    ]
    total = gettext("The total is now $%(amount)s.") % {"amount": now["total"]}
    return changes or [total]


def _changed_lines(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    removed = gettext("%(product)s is no longer in your cart.")
    changes = [removed % {"product": before[line][0]} for line in before if line not in now]
    for line, (title, quantity, price) in now.items():
        if line not in before:
            changes.append(gettext("%(product)s was added.") % {"product": title})
            continue
        _, old_quantity, old_price = before[line]
        if quantity != old_quantity:
            text = gettext("%(product)s: the quantity is now %(now)d (was %(before)d).")
            changes.append(text % {"product": title, "now": quantity, "before": old_quantity})
        if price != old_price:
            text = gettext("%(product)s now costs $%(now)s each (was $%(before)s).")
            changes.append(text % {"product": title, "now": price, "before": old_price})
    return changes


def _changed_contents(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return the kits with other components, of which there are as many as before."""
    text = gettext("%(product)s has other contents now.")
    return [
        text % {"product": now["lines"][line][0]}
        for line, contents in now["contents"].items()
        if line in before and [list(row) for row in before[line]] != [list(row) for row in contents]
    ]


def _changed_discounts(before: dict[str, str], now: dict[str, str]) -> list[str]:
    ended = gettext("“%(offer)s” no longer applies.")
    changes = [ended % {"offer": name} for name in before if name not in now]
    applied = gettext("“%(offer)s” now saves you $%(amount)s.")
    for name, amount in now.items():
        if before.get(name) != amount:
            changes.append(applied % {"offer": name, "amount": amount})
    return changes


def _changed_totals(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    labels = {
        "shipping": gettext("Shipping"),
        "tax": gettext("Tax"),
        "total": gettext("The total"),
    }
    changes = []
    for name, label in labels.items():
        if not now[name] or before.get(name) == now[name]:
            continue
        if before.get(name):
            text = gettext("%(label)s is now $%(now)s (was $%(before)s).")
        else:
            text = gettext("%(label)s is now $%(now)s.")
        changes.append(text % {"label": label, "now": now[name], "before": before.get(name)})
    return changes


def _changed_early_charge(before: str, now: str) -> list[str]:
    if before == now:
        return []
    if not now:
        return [gettext("Your card is charged when your order ships, not now.")]
    if before:
        return [gettext("The text above the card has changed: read it again and check the box.")]
    return [
        gettext(
            "Your order ships later than shown: read the text above the card and check the box."
        )
    ]
