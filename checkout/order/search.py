"""Search for orders by anything that a customer or a carrier names.

Each table has one text to search, in lower case; PostgreSQL has a trigram index of each (migration
`order_search_indexes`, which has the same expressions). Postal codes, telephone and tracking
numbers are found in any spelling: they are compared without spaces and hyphens.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.db.models import Func, Q, TextField

from accounts.users.models import User
from checkout.order.models import BillingAddress, Line, Order, ShippingAddress, ShippingEvent
from checkout.order.numbers import SHORTEST_NUMBER, is_order_number, similar_numbers

#: Words of a search; the rest is ignored.
_MOST_WORDS, _MOST_CHARACTERS = 8, 100
#: Orders whose keys are read.
_MOST_KEYS = 500
_PHONE = re.compile(r"[+(]?[\d\s().+/-]{7,}")


def _compact(column: str) -> Func:
    """Return a column without spaces and hyphens."""
    return Func(column, template="REPLACE(REPLACE(%(expressions)s, ' ', ''), '-', '')")


def _searched(*parts: str | Func) -> Func:
    """Return columns, none of which may be empty, as one text in lower case."""
    return Func(*parts, function="LOWER", arg_joiner=" || ' ' || ", output_field=TextField())


_PLACE = ("first_name", "last_name", "line4", _compact("postcode"))
ORDER_TEXT = _searched("number", "guest_email")
LINE_TEXT = _searched("partner_sku", "title")
SHIPMENT_TEXT = _searched(_compact("tracking_number"))
SHIPPING_TEXT = _searched(*_PLACE, _compact("phone_number"))  # stored as tel:+1-306-955-1836
BILLING_TEXT = _searched(*_PLACE)


def words_of(term: str) -> list[str]:
    """Return the words of a search, all of which an order has; a telephone number is one word."""
    term = term[:_MOST_CHARACTERS].lower().lstrip("#").strip()
    if _PHONE.fullmatch(term):
        digits = re.sub(r"\D", "", term.replace("(0)", "")).lstrip("0")
        if len(digits) >= 7:
            return [digits]
    return term.split()[:_MOST_WORDS]


def matching(term: str) -> Q:
    """Return the condition for orders that match a search, or whose number is one typing error
    away from it.

    One statement finds the keys of a few orders, so that a list does not search for its count, its
    rows and its dates. A search that finds many stays a condition.
    """
    found = Q()
    for word in words_of(term):
        found &= Q(pk__in=_orders_with(word))
    if is_mistyped_number(term):
        found |= Q(number__in=similar_numbers(term))
    if not found:
        return found
    keys = list(
        Order.objects.order_by().filter(found).values_list("pk", flat=True)[: _MOST_KEYS + 1]
    )
    return Q(pk__in=keys) if len(keys) <= _MOST_KEYS else found


def is_mistyped_number(term: str) -> bool:
    """Tell whether a search is an order number with a typing error."""
    return term.isdecimal() and len(term) >= SHORTEST_NUMBER and not is_order_number(term)


def _orders_with(word: str) -> Any:
    """Return the keys of orders with a word. A union, so that PostgreSQL reads each index once
    instead of testing every order."""
    joined = word.replace("-", "")
    words = {word, joined} if re.search(r"\d", joined) else {word}
    shipping = _rows(ShippingAddress, SHIPPING_TEXT, words)
    billing = _rows(BillingAddress, BILLING_TEXT, words)
    accounts = User.objects.filter(email__icontains=word).order_by()
    orders = Order.objects.order_by()
    return (
        _rows(Order, ORDER_TEXT, {word})
        .values_list("pk")
        .union(
            _rows(Line, LINE_TEXT, {word}).values_list("order_id"),
            _rows(ShippingEvent, SHIPMENT_TEXT, words).values_list("order_id"),
            orders.filter(shipping_address__in=shipping.values("pk")).values_list("pk"),
            orders.filter(billing_address__in=billing.values("pk")).values_list("pk"),
            orders.filter(user__in=accounts.values("pk")).values_list("pk"),
        )
    )


def _rows(model: Any, text: Func, words: Iterable[str]) -> Any:
    """Return the rows whose text has one of the words."""
    found = Q()
    for word in sorted(words):
        found |= Q(searched__contains=word)
    return model._base_manager.alias(searched=text).order_by().filter(found)
