"""Run the scheduled jobs after a failure, and read the state they leave."""

from collections import Counter

from django.db import transaction
from django.utils import timezone

from accounts.mail import services as mail_services
from accounts.mail.models import Message, MessageState
from catalog.partner.models import StockRecord
from checkout.order.models import Order
from checkout.order.reservations import release
from checkout.payment.models import PaymentAttempt
from checkout.settlement.reconcile import expire_orders, reconcile
from tests.stripe_double.control import Double

ORPHAN_AGE = 3600  # seconds; older intents without an order count as orphaned


@transaction.atomic
def expire_locally(order: Order) -> int:
    """Expire an order without asking Stripe; return its attempt's pk."""
    order.move_to("expired")
    release(order, reopen_basket=True)
    return int(order.attempts.get().pk)


def run_jobs(double: Double, *, window_over: bool = True) -> None:
    """Run the scheduled jobs of the next hour: expire, reconcile, send emails.

    Afterwards a second reconcile finds nothing to do.
    """
    if window_over:
        PaymentAttempt.objects.update(expires_at=timezone.now() - timezone.timedelta(seconds=1))
        for intent in double.intents():
            double.backdate(intent["id"], ORPHAN_AGE)
    expire_orders()
    reconcile()
    assert reconcile() == []
    send_emails()


def send_emails() -> None:
    """Make the outbox due, and deliver every message in it."""
    Message.objects.exclude(next_try_at=None).update(next_try_at=timezone.now())
    mail_services.sweep()
    for pk in Message.objects.filter(state=MessageState.QUEUED).values_list("pk", flat=True):
        mail_services.deliver(pk)


def intent_states(order: Order, double: Double) -> list[str]:
    """Return the status of each intent of an order at Stripe."""
    found = [each for each in double.intents() if each["metadata"].get("order") == order.number]
    return [each["status"] for each in found]


def emails_to_shopper(order: Order) -> Counter[str]:
    """Count the emails to the shopper about an order by type; each was sent once."""
    rows = Message.objects.filter(recipient=order.guest_email, data__order=order.pk)
    assert {(row.state, row.attempts) for row in rows} <= {("sent", 1)}
    return Counter(row.email_type for row in rows)


def allocated_units(order: Order) -> int:
    """Return how many units are allocated to an order."""
    return sum(order.lines.values_list("num_allocated", flat=True))


def stock_levels() -> tuple[int, int]:
    """Return units on hand and allocated of the only product; check them with the orders."""
    record = StockRecord.objects.get()
    allocated = sum(allocated_units(order) for order in Order.objects.live())
    assert allocated == (record.num_allocated or 0)
    return record.num_in_stock, allocated
