"""The visitor's last order, found by the cart cookie, the session or the account."""

from typing import Any

from checkout.order.models import Order
from checkout.order.staff_fields import Channel
from checkout.order.states import OrderState
from checkout.pages.basket_middleware import cookie_basket_id

_ORDER_NUMBER = "order"  # session key


def store_last_order(request: Any, order: Order) -> None:
    """Store the order's number in the session."""
    request.session[_ORDER_NUMBER] = order.number


def last_order(request: Any) -> Order | None:
    """Return this visitor's last order.

    If the server was killed before its response set a session cookie, the cart cookie or the
    account identifies the order.
    """
    return _order_of_cookie(request) or _order_of_session(request) or _order_of_account(request)


def _order_of_cookie(request: Any) -> Order | None:
    pk = cookie_basket_id(request)
    return Order.objects.live().filter(basket=pk, user=None).first() if pk is not None else None


def _order_of_session(request: Any) -> Order | None:
    number = request.session.get(_ORDER_NUMBER)
    return Order.objects.filter(number=number).first() if number else None


def _order_of_account(request: Any) -> Order | None:
    if not request.user.is_authenticated:
        return None
    pending = request.user.orders.filter(status=OrderState.PENDING, channel=Channel.ONLINE)
    return pending.order_by("-pk").first()


def unpaid_order(request: Any) -> Order | None:
    """Return the visitor's last order if it is unpaid."""
    order = last_order(request)
    return order if order is not None and order.status == OrderState.PENDING else None
