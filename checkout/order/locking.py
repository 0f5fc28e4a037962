"""What every act of the order desk shares: its refusals, the order's lock, Stripe's "no" in words.

Each act is one transaction under the order's lock. Where Stripe has a part in it, Stripe is asked
before the rows that buyers wait for are locked; its "no" undoes the rest, and acting again is safe.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from checkout.order.models import Order, OrderNote
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import PaymentAttempt
from microflight.core.errors import ServiceError

if TYPE_CHECKING:
    from accounts.users.models import User


class DeskError(ServiceError):
    """The action on an order was rejected and nothing has changed. The text is for staff."""


@contextmanager
def stripe_in_words() -> Iterator[None]:
    """Say in words for staff what went wrong at Stripe, which is asked under the order's lock."""
    try:
        with gateway.under_lock():
            yield
    except gateway.GatewayDown as error:
        text = "Stripe did not answer, and nothing was recorded here. Please try again in a minute."
        raise DeskError(text) from error
    except gateway.GatewayError as error:
        raise DeskError(f"Stripe refuses: {error}") from error


def locked_row(order: Order) -> Order:
    """Return the order as it is now, with its row locked."""
    return Order.objects.select_for_update(of=("self",)).get(pk=order.pk)


def attempt_of(order: Order) -> PaymentAttempt | None:
    """Return the order's latest try to pay, bound to this very order."""
    attempt = order.attempts.first()
    if attempt is not None:
        attempt.order = order
    return attempt


def keep_note(
    order: Order, text: str, by: "User | None", kind: Any = OrderNote.SYSTEM
) -> OrderNote:
    """Write a note on the order."""
    return OrderNote.objects.create(order=order, user=by, note_type=kind, message=text)
