"""What a shopper has filled in so far, kept in the session from one part to the next."""

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
DELIVERY = ("service", "note")
LONGEST = 1000  # characters of one answer


def kept(request: Any) -> dict[str, str]:
    """Return the answers as they were typed, by field name."""
    return dict(request.session.get(_KEY, {}))


def keep(request: Any, names: tuple[str, ...]) -> None:
    """Keep what this form says about some fields."""
    typed = {name: request.POST.get(name, "")[:LONGEST] for name in names}
    request.session[_KEY] = kept(request) | typed


def answers(request: Any) -> QueryDict:
    """Return this form's answers, and for fields that it does not have those kept before."""
    together = QueryDict(mutable=True)
    for name, value in kept(request).items():
        together[name] = value
    for name, values in request.POST.lists():
        together.setlist(name, values)
    return together


def finish(request: Any, number: str) -> None:
    """Forget the answers and remember the order that they became."""
    request.session.pop(_KEY, None)
    request.session[_ORDER] = number


def reopen(request: Any, given: dict[str, str]) -> None:
    """Bring back the answers of an order that was given up, so that nothing is typed twice."""
    request.session[_KEY] = {name: value[:LONGEST] for name, value in given.items() if value}


def last_order(request: Any) -> Order | None:
    """Return the order that this visitor placed last.

    The session does not know it where the server died before its answer could set the cookie of
    a new session: then the cookie of the cart, or the account, does.
    """
    return _order_of_cookie(request) or _order_of_session(request) or _order_of_account(request)


def _order_of_cookie(request: Any) -> Order | None:
    """The order that a guest's cart became; once there is a newer cart, the cookie names that."""
    pk = cookie_basket_id(request)
    return Order.objects.live().filter(basket=pk, user=None).first() if pk is not None else None


def _order_of_session(request: Any) -> Order | None:
    number = request.session.get(_ORDER)
    return Order.objects.filter(number=number).first() if number else None


def _order_of_account(request: Any) -> Order | None:
    if not request.user.is_authenticated:
        return None
    return request.user.orders.filter(status=OrderState.PENDING).order_by("-pk").first()


def waiting_order(request: Any) -> Order | None:
    """Return the visitor's last order if it still waits for its payment."""
    order = last_order(request)
    return order if order is not None and order.status == OrderState.PENDING else None
