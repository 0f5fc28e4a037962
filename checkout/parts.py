"""What a shopper has filled in so far, kept in the session from one part to the next."""

from typing import Any

from django.http import QueryDict

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


def last_order_number(request: Any) -> str:
    """Return the number of the order that this visitor placed last, or an empty string."""
    return str(request.session.get(_ORDER, ""))
