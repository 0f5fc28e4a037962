"""What the shopper was shown, and in which ways the order has become another one since."""

from typing import Any

from django.core import signing
from django.utils.translation import gettext

from checkout.placement.quote import Quote

_SALT = "checkout-seen"


def seen(quote: Quote) -> str:
    """Return a signed note of what this page shows, for a hidden field."""
    return signing.dumps(_facts(quote), salt=_SALT, compress=True)


def what_changed(note: str, quote: Quote) -> list[str]:
    """Return sentences that say how `quote` differs from the page that carried `note`."""
    try:
        before = signing.loads(note, salt=_SALT)
    except signing.BadSignature:
        before = {}
    now = _facts(quote)
    found = [
        *_changed_lines(before.get("lines", {}), now["lines"]),
        *_changed_discounts(before.get("discounts", {}), now["discounts"]),
        *_changed_sums(before, now),
        *_changed_charge(before.get("early_charge", ""), now["early_charge"]),
    ]
    return found or [f"The total is now ${now['total']}."]


def _facts(quote: Quote) -> dict[str, Any]:
    return {
        "lines": {x.sku: [x.title, x.quantity, f"{x.unit:.2f}"] for x in quote.lines},
        "discounts": {each.name: f"{each.amount:.2f}" for each in quote.discounts},
        "delivery": "" if quote.delivery.amount is None else f"{quote.delivery.amount:.2f}",
        "tax": f"{quote.tax_total:.2f}",
        "total": f"{quote.total:.2f}",
        "early_charge": quote.early_charge,
    }


def _changed_lines(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    found = [f"{before[sku][0]} is no longer in the cart." for sku in before if sku not in now]
    for sku, (title, quantity, unit) in now.items():
        if sku not in before:
            found.append(f"{title} has been added.")
            continue
        _, old_quantity, old_unit = before[sku]
        if quantity != old_quantity:
            found.append(f"{title}: the quantity is {quantity}, it was {old_quantity}.")
        if unit != old_unit:
            found.append(f"{title} costs ${unit} each, it was ${old_unit}.")
    return found


def _changed_discounts(before: dict[str, str], now: dict[str, str]) -> list[str]:
    found = [f"“{name}” no longer applies." for name in before if name not in now]
    for name, amount in now.items():
        if before.get(name) != amount:
            found.append(f"“{name}” takes ${amount} off.")
    return found


def _changed_sums(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    found = []
    for name, words in (("delivery", "Delivery"), ("tax", "Tax"), ("total", "The total")):
        if now[name] and before.get(name) != now[name]:
            was = f", it was ${before[name]}" if before.get(name) else ""
            found.append(f"{words} is now ${now[name]}{was}.")
    return found


def _changed_charge(before: str, now: str) -> list[str]:
    if before == now:
        return []
    if not now:
        return [gettext("Your card is charged when your order ships, not now.")]
    if before:
        return [gettext("The box above the card has changed: read it again, and tick it.")]
    return [gettext("Your order ships later than shown: read the box above the card, and tick it.")]
