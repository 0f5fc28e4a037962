"""Authorizations that are about to end: a bank holds money for about a week, then lets it go.

Two days before, each is raised with staff, since we promise that a card is charged when the first
shipment leaves (docs/decisions/007). An order whose customer agreed to be charged at once is
captured when it is settled (014).
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format

from checkout.order.lines import standings_of
from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import AttemptState, MoneyAlert, PaymentAttempt
from checkout.settlement.alerts import alert
from checkout.settlement.settle import settle
from microflight.core.money import from_cents

logger = logging.getLogger(__name__)

#: How long before its end a reservation is looked at.
LEAD = timedelta(days=2)
#: How an alert of ours begins; there is one for each reservation.
ALERT = "The payment is only reserved, until"


def watch_reservations() -> list[str]:
    """Raise each payment whose authorization ends within two days, once.

    Keeps going when one order gives trouble; returns a line for everything it did.
    """
    return [line for attempt in _ending_soon() if (line := _watched(attempt))]


def _usual() -> timedelta:
    """How long an authorization lasts where Stripe did not say."""
    return timedelta(days=settings.CARD_AUTHORIZATION_DAYS)


def _ending_soon() -> QuerySet[PaymentAttempt]:
    soon = timezone.now() + LEAD
    ending = Q(authorised_until__lte=soon) | Q(
        authorised_until=None, created_at__lte=soon - _usual()
    )  # fmt: skip
    held = PaymentAttempt.objects.filter(
        state=AttemptState.AUTHORISED, order__status=OrderState.PLACED
    )
    return held.filter(ending).select_related("order").order_by("pk")


def _watched(attempt: PaymentAttempt) -> str:
    number = attempt.order.number
    try:
        order = settle(attempt.pk)  # it may have been taken or let go at Stripe
        now = PaymentAttempt.objects.get(pk=attempt.pk)
        if now.state != AttemptState.AUTHORISED:
            return f"order {number}: its payment is {now.state}"
        return _raise(order, now)
    except Exception as error:  # one order's trouble is not the next one's
        known = isinstance(error, gateway.GatewayError)
        trace = None if known else error
        text = "Order %s: its reservation was not looked after: %s"
        logger.warning(text, number, error, exc_info=trace)
        return f"order {number}: not now, {error}"


def _raise(order: Order, attempt: PaymentAttempt) -> str:
    """Tell staff, once for each reservation."""
    until = attempt.authorised_until or attempt.created_at + _usual()
    day = date_format(timezone.localtime(until), "F j, H:i")
    start = f"{ALERT} {day}"
    if MoneyAlert.objects.filter(order=order, text__startswith=start).exists():
        return ""
    amount = f"{from_cents(attempt.due_cents)} {attempt.currency}"
    alert(order, f"{start} ({amount}). {_advice(order)}")
    return f"order {order.number}: raised with staff, its reservation ends on {day}"


def _advice(order: Order) -> str:
    """What can be done about it, by what is on the shelf."""
    standings = standings_of(order)
    if not any(each.waiting for each in standings):
        return "Everything is on the shelf: ship it, which takes the payment."
    ask = "ask the customer whether the payment may be taken now"
    if any(each.ready for each in standings):
        return f"Some of it is on the shelf: ship that, which takes the payment, or {ask}."
    return f"It waits for stock: {ask}, or cancel the order."
