"""Numbers, states, parcels and agreements of every order."""

from collections.abc import Iterator
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Exists,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import Coalesce, Concat, Lag

from checkout.audit.checks.base import Breach, Look, check, total
from checkout.order.models import Line, Order, OrderStatusChange, ShippingEventQuantity
from checkout.order.numbers import is_order_number
from checkout.order.states import ORDER, LineState, OrderState
from checkout.returns.models import ReturnLine
from checkout.returns.states import ARRIVED
from policies.models import Acceptance, Policy

LOOK = "Compare it with its parcels and its letters, and tell a developer."


@check("numbers", "Every order number has the right check digit.")
def numbers(look: Look) -> Iterator[Breach]:
    """A misheard number never is another order's."""
    orders = Order.objects.all()
    look.at(orders)
    for (number,) in orders.order_by("pk").values_list("number").iterator():
        if not is_order_number(number):
            what = "Its check digit is wrong."
            yield look.order(number, what, "Find out how it came in: it is not from the sequence.")


def _sent(*, by: str) -> Any:
    return total(ShippingEventQuantity.objects, "quantity", by=by)


@check("parcels", "No more has left than was ordered.")
def parcels(look: Look) -> Iterator[Breach]:
    """The pieces of a line in all parcels are at most those that were ordered and not given up."""
    lines = Line.objects.all()
    look.at(lines)
    wanted = F("quantity") - F("cancelled")
    over = lines.annotate(sent=_sent(by="line_id"), wanted=wanted).filter(sent__gt=F("wanted"))
    for number, sku, pieces, ordered in over.order_by("pk").values_list(
        "order__number", "partner_sku", "sent", "wanted"
    ):
        what = f"{pieces} of {sku} have left, and {ordered} were to be sent."
        yield look.order(number, what, "Ask the customer to send back what was too much.")


@check("order-states", "Every order's state is what its parcels say.")
def order_states(look: Look) -> Iterator[Breach]:
    """Nothing of an order has left before it is placed, and nothing is owed once it is shipped."""
    orders = Order.objects.all()
    look.at(orders)
    lines = Line.objects.annotate(wanted=F("quantity") - F("cancelled"))
    pieces = orders.annotate(
        wanted=total(lines, "wanted", by="order_id"), sent=_sent(by="line__order_id")
    )
    off = pieces.annotate(fits=_state_fits()).filter(fits=False).order_by("pk")
    for number, status, sent, wanted in off.values_list("number", "status", "sent", "wanted"):
        what = f"It is {status}, and {sent} of {wanted} pieces to be sent have left."
        yield look.order(number, what, LOOK)


def _state_fits() -> Case:
    return Case(
        When(status=OrderState.SHIPPED, then=Q(sent__gt=0, sent__gte=F("wanted"))),
        When(status=OrderState.PART_SHIPPED, then=Q(sent__gt=0, sent__lt=F("wanted"))),
        When(status=OrderState.CANCELLED, then=Q(sent=0, wanted=0)),
        default=Q(sent=0, wanted__gt=0),
        output_field=BooleanField(),
    )


@check("line-states", "Every line's state is what became of its pieces.")
def line_states(look: Look) -> Iterator[Breach]:
    """Shipped, cancelled and returned pieces make the state, and every return is noted on it."""
    lines = Line.objects.all()
    look.at(lines)
    back = ReturnLine.objects.filter(parent__state__in=ARRIVED).annotate(
        came=F("restocked") + F("scrapped")
    )
    numbers = lines.annotate(
        sent=_sent(by="line_id"),
        left=F("quantity") - F("cancelled") - _sent(by="line_id"),
        came=total(back, "came", by="line_id"),
    )
    off = numbers.annotate(due=_line_state_due()).exclude(status=F("due"), returned=F("came"))
    for number, sku, status, due, noted, came in off.order_by("pk").values_list(
        "order__number", "partner_sku", "status", "due", "returned", "came"
    ):
        what = f"{sku} is {status} with {noted} returned; its pieces say {due}, {came} returned."
        yield look.order(number, what, LOOK)


def _line_state_due() -> Case:
    return Case(
        When(left__gt=0, sent__gt=0, then=Value(LineState.PART_SHIPPED.value)),
        When(left__gt=0, then=Value(LineState.ORDERED.value)),
        When(sent=0, then=Value(LineState.CANCELLED.value)),
        When(returned=0, then=Value(LineState.SHIPPED.value)),
        When(returned=F("sent"), then=Value(LineState.RETURNED.value)),
        default=Value(LineState.PART_RETURNED.value),
    )


@check("state-changes", "Every order came to its state by allowed moves.")
def state_changes(look: Look) -> Iterator[Breach]:
    """Each change starts where the one before ended, is in the table of moves, and the last one
    leads to where the order is."""
    changes = OrderStatusChange.objects.all()
    look.at(changes)
    before = Window(Lag("new_status"), partition_by="order_id", order_by="pk")
    allowed = Q()
    for old, following in ORDER.transitions.items():
        allowed |= Q(old_status=old, new_status__in=following)
    torn = changes.annotate(before=before).filter(
        ~allowed | ~Q(old_status=Coalesce(F("before"), Value(ORDER.start)))
    )
    for number, old, new in torn.order_by("pk").values_list(
        "order__number", "old_status", "new_status"
    ):
        what = f"It went from {old} to {new}, which is no move from where it was."
        yield look.order(number, what, LOOK)
    yield from _unexplained_states(look)


def _unexplained_states(look: Look) -> Iterator[Breach]:
    changes = OrderStatusChange.objects.filter(order=OuterRef("pk")).order_by("-pk")
    last = Coalesce(Subquery(changes.values("new_status")[:1]), Value(ORDER.start))
    adrift = Order.objects.annotate(last=last).exclude(status=F("last")).order_by("pk")
    for number, status, led_to in adrift.values_list("number", "status", "last"):
        what = f"It is {status}, and its changes lead to {led_to}."
        yield look.order(number, what, LOOK)


@check("agreements", "Every order has what its customer had to agree to.")
def agreements(look: Look) -> Iterator[Breach]:
    """Each text that is accepted at checkout was, in a version in force by then, for every placed
    order since the first order for which it was."""
    look.at(Acceptance.objects.filter(subject__startswith="order:"))
    for policy in Policy.objects.filter(required_at_checkout=True):
        given = Acceptance.objects.filter(version__policy=policy, subject__startswith="order:")
        since = given.aggregate(first=Min("accepted_at"))["first"]
        for (number,) in _without(given, since) if since else ():
            what = f"Nothing says that its customer agreed to {policy.title!r}."
            yield look.order(number, what, "Do not change the texts, and tell a developer.")


def _without(given: QuerySet[Acceptance], since: Any) -> Any:
    """Numbers of orders placed after a moment that none of the acceptances is about."""
    agreed = given.filter(
        subject=OuterRef("subject"), version__effective_from__lte=OuterRef("date_placed")
    )
    placed = Order.objects.filter(placed_at__isnull=False, date_placed__gt=since)
    about = placed.annotate(subject=Concat(Value("order:"), "number"))
    return about.filter(~Exists(agreed)).order_by("pk").values_list("number")
