"""What is done and what must be true after something died half-way."""

from collections import Counter

from django.db import transaction
from django.utils import timezone

from accounts.mail import services as post
from accounts.mail.models import Message, MessageState
from catalog.partner.models import StockRecord
from checkout.order.models import Order
from checkout.order.reservations import release
from checkout.payment.models import PaymentAttempt
from checkout.settlement.reconcile import expire_orders, reconcile
from tests.stripe_double.control import Double

LONG_AGO = 3600  # seconds; older than an intent that may just be on its way into the books


@transaction.atomic
def expire_locally(order: Order) -> int:
    """Expire an order without asking Stripe; return its attempt's pk."""
    order.move_to("expired")
    release(order, reopen_basket=True)
    return int(order.attempts.get().pk)


def beat(double: Double, *, window_over: bool = True) -> None:
    """Do what beat's jobs do in the hour after: expire, reconcile, sweep; workers send the mail.

    When they are through there is nothing left for a second reconcile to do.
    """
    if window_over:
        PaymentAttempt.objects.update(expires_at=timezone.now() - timezone.timedelta(seconds=1))
        for intent in double.intents():
            double.backdate(intent["id"], LONG_AGO)
    expire_orders()
    reconcile()
    assert reconcile() == []
    send_mail()


def send_mail() -> None:
    """Sweep the outbox as if everything in it were due, and let a worker take every row."""
    Message.objects.exclude(next_try_at=None).update(next_try_at=timezone.now())
    post.sweep()
    for pk in Message.objects.filter(state=MessageState.QUEUED).values_list("pk", flat=True):
        post.deliver(pk)


def money(order: Order, double: Double) -> list[str]:
    """State of every intent that Stripe has for an order."""
    found = [each for each in double.intents() if each["metadata"].get("order") == order.number]
    return [each["status"] for each in found]


def letters(order: Order) -> Counter[str]:
    """Letters to the shopper about an order, by kind; each must have been sent, once."""
    rows = Message.objects.filter(recipient=order.guest_email, data__order=order.pk)
    assert {(row.state, row.attempts) for row in rows} <= {("sent", 1)}
    return Counter(row.kind for row in rows)


def held_pieces(order: Order) -> int:
    """Pieces that are promised to an order."""
    return sum(order.lines.values_list("num_allocated", flat=True))


def shelf() -> tuple[int, int]:
    """Pieces counted and pieces promised of the only product, which the orders' lines add up to."""
    record = StockRecord.objects.get()
    promised = sum(held_pieces(order) for order in Order.objects.live())
    assert promised == (record.num_allocated or 0)
    return record.num_in_stock, promised
