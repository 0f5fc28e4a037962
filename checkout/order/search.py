"""Search for orders by anything that a customer or a carrier names.

PostgreSQL compares one text per order, with a trigram index (`search_text.py`); SQLite compares the
columns of each table. Postal codes, telephone and tracking numbers are found in any spelling: they
are compared without spaces and hyphens.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import Func, Q, TextField

from accounts.users.models import User
from checkout.order.models import BillingAddress, Line, Order, ShippingAddress, ShippingEvent
from checkout.order.numbers import SHORTEST_NUMBER, is_order_number, similar_numbers
from checkout.order.search_text import OrderSearchText

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
_ORDER = _searched("number", "guest_email")
_LINE = _searched("partner_sku", "title")
_SHIPMENT = _searched(_compact("tracking_number"))
_SHIPPING = _searched(*_PLACE, _compact("phone_number"))  # stored as tel:+1-306-955-1836
_BILLING = _searched(*_PLACE)


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
    found = _with_words(words_of(term))
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


def _with_words(words: list[str]) -> Q:
    """Return the condition for orders that have all of these words."""
    found = Q()
    if connection.vendor != "postgresql":
        for word in words:
            found &= Q(pk__in=_orders_with(word))
        return found
    for word in words:
        found &= _contains("text", _spellings(word))
    return found and Q(pk__in=OrderSearchText.objects.filter(found).values("pk"))


def _spellings(word: str) -> set[str]:
    """Return a word, and without hyphens if it may be a telephone or tracking number."""
    joined = word.replace("-", "")
    return {word, joined} if re.search(r"\d", joined) else {word}


def _contains(text: str, words: Iterable[str]) -> Q:
    """Return the condition for rows whose text has one of the words."""
    found = Q()
    for word in sorted(words):
        found |= Q((f"{text}__contains", word))
    return found


def _orders_with(word: str) -> Any:
    """Return the keys of orders with a word: a union of what each table has."""
    words = _spellings(word)
    shipping = _rows(ShippingAddress, _SHIPPING, words)
    billing = _rows(BillingAddress, _BILLING, words)
    accounts = User.objects.filter(email__icontains=word).order_by()
    orders = Order.objects.order_by()
    return (
        _rows(Order, _ORDER, {word})
        .values_list("pk")
        .union(
            _rows(Line, _LINE, {word}).values_list("order_id"),
            _rows(ShippingEvent, _SHIPMENT, words).values_list("order_id"),
            orders.filter(shipping_address__in=shipping.values("pk")).values_list("pk"),
            orders.filter(billing_address__in=billing.values("pk")).values_list("pk"),
            orders.filter(user__in=accounts.values("pk")).values_list("pk"),
        )
    )


def _rows(model: Any, text: Func, words: Iterable[str]) -> Any:
    """Return the rows whose text has one of the words."""
    rows = model._base_manager.alias(searched=text).order_by()
    return rows.filter(_contains("searched", words))
