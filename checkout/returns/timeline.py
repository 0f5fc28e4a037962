"""What the customer's pages show about an order's returns."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.returns.models import Return
from checkout.returns.states import ReturnState
from checkout.returns.window import returnable
from microflight.core.money import from_cents

#: The colour of a state's chip; all others are "good".
_CHIPS: dict[str, str] = {
    ReturnState.REQUESTED: "wait",
    ReturnState.APPROVED: "wait",
    ReturnState.DECLINED: "bad",
    ReturnState.CANCELLED: "bad",
    ReturnState.CLOSED: "bad",
}
_LABELS = {
    ReturnState.REQUESTED: gettext_lazy("You requested this return"),
    ReturnState.APPROVED: gettext_lazy("We approved your request"),
    ReturnState.DECLINED: gettext_lazy("We declined your request"),
    ReturnState.CANCELLED: gettext_lazy("You cancelled your request"),
    ReturnState.RECEIVED: gettext_lazy("We received your parcel"),
    ReturnState.REFUNDED: gettext_lazy("We refunded your card"),
    ReturnState.CLOSED: gettext_lazy("We closed the return without a refund"),
}

_REFUND_FAILED = gettext_lazy("We refunded your card, but your bank returned the refund to us")


def chip(state: str) -> str:
    """Return the colour of a state's chip: "wait", "good" or "bad"."""
    return _CHIPS.get(state, "good")


def timeline(ret: Return) -> list[dict[str, Any]]:
    """Return the steps of a return: `at`, `label`, `note`, and `amount` in dollars or None."""
    return [
        {
            "at": event.at,
            "label": _REFUND_FAILED
            if event.refund is not None and event.refund.failed_at is not None
            else _LABELS[ReturnState(event.state)],
            "note": event.note,
            "amount": from_cents(event.refund.amount_cents) if event.refund else None,
        }
        for event in ret.events.select_related("refund")
    ]


def not_cancellable_reason(order: Order) -> str:
    """Return why the customer cannot cancel an order, as a sentence; "" if they can."""
    if order.status == OrderState.SHIPPED and not order.needs_shipping:
        return _("This order was delivered, so it can no longer be cancelled. Please contact us.")
    if order.shipping_events.exists():
        return _(
            "Part of this order has already shipped, so it can no longer be cancelled. Once it "
            "arrives, you can request a return on the order page."
        )
    if order.status not in (OrderState.PENDING, OrderState.PLACED):
        return _("This order cannot be cancelled. Its status is: %(status)s.") % {
            "status": order.state_label
        }
    return ""


def returns_context(order: Order) -> dict[str, Any]:
    """Return an order page's context: returns, `may_cancel` and `may_return`."""
    returns = [
        {"return": each, "state": ReturnState(each.state), "look": chip(each.state)}
        for each in Return.objects.filter(order=order).select_related("order").order_by("nth")
    ]
    may_cancel = not not_cancellable_reason(order)
    may_return = not may_cancel and any(each.quantity for each in returnable(order))
    return {"returns": returns, "may_cancel": may_cancel, "may_return": may_return}
