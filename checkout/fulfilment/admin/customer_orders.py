"""The orders of a person, shown with one of their orders or their email."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from checkout.order.models import Order
from checkout.order.states import OrderState

#: Orders shown.
_MOST = 10


def orders_of(keys: Iterable[str], *, user_id: int | None = None) -> list[Order]:
    """Return the newest orders of email keys (see `offers/customers.py`) or an account, with their
    lines and shipments. Three queries."""
    wanted = [key for key in keys if key]
    person = Q(email_key__in=wanted) | Q(account_email_key__in=wanted)
    if user_id is not None:
        person |= Q(user=user_id)
    orders = Order.objects.filter(person).exclude(status=OrderState.DRAFT)
    return list(orders.prefetch_related("lines", "shipping_events").order_by("-pk")[:_MOST])


def other_orders(order: Order) -> list[Any]:
    """Return the other orders of the customer."""
    found = orders_of({order.email_key, order.account_email_key}, user_id=order.user_id)
    return [each for each in found if each.pk != order.pk]
