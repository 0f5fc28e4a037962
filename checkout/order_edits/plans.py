"""What an edit will do, shown to staff before they confirm it."""

from collections.abc import Iterable
from hashlib import sha256

from django.utils.translation import gettext

from checkout.order.locking import OrderActionError, latest_attempt
from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.payment.models import AttemptState, PaymentAttempt


class Plan:
    """Sentences with the consequences of an edit in money and stock."""

    sentences: tuple[str, ...]

    @property
    def hash(self) -> str:
        """Return a hash (hex) of what staff read: the same consequences, the same hash."""
        return hash_of(self.sentences)

    def check_seen(self, seen: str) -> None:
        """Raise OrderActionError if staff have read other consequences."""
        if seen != self.hash:
            raise OrderActionError(
                gettext("The order has changed since you opened this page. Please open it again.")
            )


def hash_of(sentences: Iterable[str]) -> str:
    """Return a hash (hex) of some sentences."""
    return sha256("\n".join(sentences).encode()).hexdigest()


def check_unshipped(order: Order) -> None:
    """Raise OrderActionError unless an order is placed and nothing of it has shipped."""
    if order.status != OrderState.PLACED:
        text = gettext("An order that is %(state)s cannot be edited.")
        raise OrderActionError(text % {"state": order.status})


def authorized_payment(order: Order) -> PaymentAttempt | None:
    """Return the payment by card of an order that is authorized and not captured, if there is
    one."""
    attempt = latest_attempt(order)
    is_open = attempt is not None and attempt.state == AttemptState.AUTHORIZED
    return attempt if is_open else None
