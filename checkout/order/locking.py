"""What the actions on an order share: the order's lock, and errors with a message for staff.

Each action is one transaction under the order's lock. It calls Stripe before it locks rows that
shoppers wait for (stock, offers). An error from Stripe rolls everything back; retrying is safe.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils.translation import gettext

from accounts.users.models import User
from checkout.order.models import Order, OrderNote
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import PaymentAttempt
from microflight.core.errors import ServiceError


class OrderActionError(ServiceError):
    """The action was rejected and nothing has changed. The message is for staff."""


@contextmanager
def readable_stripe_errors() -> Iterator[None]:
    """Turn errors of Stripe, called under the order's lock, into OrderActionError."""
    try:
        with gateway.under_lock():
            yield
    except gateway.GatewayDown as error:
        raise OrderActionError(
            gettext("Stripe did not respond. Nothing was recorded. Please try again in a minute.")
        ) from error
    except gateway.GatewayError as error:
        message = gettext("Stripe declined the request: %(error)s")
        raise OrderActionError(message % {"error": error}) from error


def lock_order(order: Order) -> Order:
    """Return the order as it is now, with its row locked."""
    return Order.objects.select_for_update(of=("self",)).get(pk=order.pk)


def latest_attempt(order: Order) -> PaymentAttempt | None:
    """Return the latest payment attempt, with its `order` set to this instance."""
    attempt = order.attempts.first()
    if attempt is not None:
        attempt.order = order
    return attempt


def record_note(
    order: Order, text: str, by: User | None, note_type: Any = OrderNote.SYSTEM
) -> OrderNote:
    """Add a note to the order."""
    return OrderNote.objects.create(order=order, user=by, note_type=note_type, message=text)
