"""Checkout answers and the last order, stored in the session."""

from typing import Any

from django.http import QueryDict

from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.pages.cart_middleware import cookie_basket_id

_KEY = "checkout"
_ORDER = "order"
CONTACT = (
    "email", "first_name", "last_name", "line1", "line2", "city", "country", "province",
    "postcode", "phone",
)  # fmt: skip
SHIPPING = ("shipping_method", "note")
LONGEST = 1000  # characters per answer


def kept(request: Any) -> dict[str, str]:
    """Return the stored answers by field name."""
    return dict(request.session.get(_KEY, {}))


def keep(request: Any, names: tuple[str, ...]) -> None:
    """Store this form's answers to some fields."""
    typed = {name: request.POST.get(name, "")[:LONGEST] for name in names}
    request.session[_KEY] = kept(request) | typed


def answers(request: Any) -> QueryDict:
    """Return this form's answers, and stored answers for fields that it lacks."""
    together = QueryDict(mutable=True)
    for name, value in kept(request).items():
        together[name] = value
    for name, values in request.POST.lists():
        together.setlist(name, values)
    return together


def finish(request: Any, number: str) -> None:
    """Delete the stored answers and store the number of their order."""
    request.session.pop(_KEY, None)
    request.session[_ORDER] = number


def reopen(request: Any, given: dict[str, str]) -> None:
    """Restore the answers of a cancelled order, so that nothing is typed twice."""
    request.session[_KEY] = {name: value[:LONGEST] for name, value in given.items() if value}


def last_order(request: Any) -> Order | None:
    """Return this visitor's last order.

    If the server was killed before its response set a session cookie, the cart cookie or the
    account identifies the order.
    """
    return _order_of_cookie(request) or _order_of_session(request) or _order_of_account(request)


def _order_of_cookie(request: Any) -> Order | None:
    """Return the order of the guest cart in the cookie."""
    pk = cookie_basket_id(request)
    return Order.objects.live().filter(basket=pk, user=None).first() if pk is not None else None


def _order_of_session(request: Any) -> Order | None:
    number = request.session.get(_ORDER)
    return Order.objects.filter(number=number).first() if number else None


def _order_of_account(request: Any) -> Order | None:
    if not request.user.is_authenticated:
        return None
    return request.user.orders.filter(status=OrderState.PENDING).order_by("-pk").first()


def unpaid_order(request: Any) -> Order | None:
    """Return the visitor's last order if it is unpaid."""
    order = last_order(request)
    return order if order is not None and order.status == OrderState.PENDING else None
