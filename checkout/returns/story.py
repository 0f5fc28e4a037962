"""A return told to its customer: its steps in words, the oldest first."""

from typing import Any

from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.returns.models import Return, ReturnEvent
from checkout.returns.states import ReturnState
from checkout.returns.window import returnable
from microflight.core.money import from_cents

LOOKS: dict[str, str] = {
    ReturnState.ASKED: "wait",
    ReturnState.APPROVED: "wait",
    ReturnState.REFUSED: "bad",
    ReturnState.WITHDRAWN: "bad",
    ReturnState.CLOSED: "bad",
}  # and everything else is good

LEFT_ALREADY = (
    "A parcel of this order has left, so it cannot be cancelled any more. When it has come you can "
    "send things back: ask for a return on the order's page."
)
_WORDS: dict[str, str] = {
    ReturnState.ASKED: "You asked for this return",
    ReturnState.APPROVED: "We approved it",
    ReturnState.REFUSED: "We cannot take it back",
    ReturnState.WITHDRAWN: "You withdrew it",
    ReturnState.RECEIVED: "Your parcel came",
    ReturnState.REFUNDED: "We sent the money back to your card",
    ReturnState.CLOSED: "We closed it without a refund",
}


def steps_of(ret: Return) -> list[dict[str, Any]]:
    """Return what happened to a return: `at`, `words`, `why`, and the dollars that went back."""
    return [
        {
            "at": event.at,
            "words": _words_of(event),
            "why": event.why,
            "amount": from_cents(event.movement.amount_cents) if event.movement else None,
        }
        for event in ret.events.select_related("movement")
    ]


def _words_of(event: ReturnEvent) -> str:
    failed = event.movement is not None and event.movement.failed_at is not None
    return _WORDS[event.state] + (", and your bank sent it back to us" if failed else "")


def why_not_cancel(order: Order) -> str:
    """Return why a customer cannot cancel an order, as a sentence; nothing where they can."""
    if order.shipping_events.exists():
        return LEFT_ALREADY
    if order.status not in (OrderState.PENDING, OrderState.PLACED):
        return f"This order is {OrderState(order.status).label.lower()}: nothing is left to cancel."
    return ""


def returns_of(order: Order) -> dict[str, Any]:
    """Return what an order's page shows of returns, and what its reader may still do."""
    found = [
        {"return": each, "state": ReturnState(each.state), "look": LOOKS.get(each.state, "good")}
        for each in Return.objects.of(order).select_related("order")
    ]
    may_cancel = not why_not_cancel(order)
    may_return = not may_cancel and any(each.pieces for each in returnable(order))
    return {"returns": found, "may_cancel": may_cancel, "may_return": may_return}
