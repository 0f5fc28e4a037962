"""Payments whose card authorization expires soon; banks hold an amount for about a week.

Staff get a payment alert two days before, because we promise to charge the card only when the
first shipment leaves (docs/decisions/007). Orders with an early charge were captured when they
were settled (014).
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from checkout.order.lines import line_progress
from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import AttemptState, PaymentAlert, PaymentAttempt
from checkout.settlement.alerts import alert
from checkout.settlement.settle import settle
from microflight.core.money import from_cents

logger = logging.getLogger(__name__)

#: How long before it expires an authorization is reported.
LEAD = timedelta(days=2)


def check_expiring_authorizations() -> list[str]:
    """Alert staff, once, to each authorization that expires within two days.

    An error with one order does not stop the others. Returns a line for each action.
    """
    return [line for attempt in _expiring() if (line := _check(attempt))]


def _default_duration() -> timedelta:
    """How long an authorization lasts if Stripe did not say."""
    return timedelta(days=settings.CARD_AUTHORIZATION_DAYS)


def _expiring() -> QuerySet[PaymentAttempt]:
    soon = timezone.now() + LEAD
    unknown = Q(authorized_until=None, created_at__lte=soon - _default_duration())
    authorized = PaymentAttempt.objects.filter(
        state=AttemptState.AUTHORIZED, order__status=OrderState.PLACED
    )
    expiring = authorized.filter(Q(authorized_until__lte=soon) | unknown)
    return expiring.select_related("order").order_by("pk")


def _check(attempt: PaymentAttempt) -> str:
    number = attempt.order.number
    try:
        order = settle(attempt.pk)  # it may have been captured or cancelled at Stripe
        now = PaymentAttempt.objects.get(pk=attempt.pk)
        if now.state != AttemptState.AUTHORIZED:
            return f"order {number}: payment is {now.state}"
        return _alert(order, now)
    except Exception as error:  # the next order is checked all the same
        known = isinstance(error, gateway.GatewayError)
        message = "Order %s: could not check its authorization: %s"
        logger.warning(message, number, error, exc_info=None if known else error)
        return f"order {number}: skipped, {error}"


def _alert(order: Order, attempt: PaymentAttempt) -> str:
    """Alert staff, once for each authorization."""
    until = attempt.authorized_until or attempt.created_at + _default_duration()
    day = date_format(timezone.localtime(until), "F j, H:i")
    start = gettext("The card authorization expires on %(day)s") % {"day": day}
    if PaymentAlert.objects.filter(order=order, text__startswith=start).exists():
        return ""
    amount = f"{from_cents(attempt.due_cents)} {attempt.currency}"
    alert(order, f"{start} ({amount}). {_advice(order)}")
    return f"order {order.number}: staff alerted, its authorization expires on {day}"


def _advice(order: Order) -> str:
    """Return what staff can do, depending on the stock."""
    progress = line_progress(order)
    if not any(each.backordered for each in progress):
        return gettext("Everything is in stock. Ship it, which captures the payment.")
    if any(each.ready for each in progress):
        return gettext(
            "Some items are in stock. Ship them, which captures the payment, or ask the customer "
            "whether the payment may be captured now."
        )
    return gettext(
        "It is on backorder. Ask the customer whether the payment may be captured now, or cancel "
        "the order."
    )
