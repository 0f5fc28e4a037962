"""After the storm: run the shop's own jobs until nothing is left to do.

Jobs that are due in minutes or days run at once, because dates are moved back in our records and
at the double.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from threading import Event

from celery import Celery
from django.db.models import Q
from django.utils import timezone

from accounts.mail.models import Message, MessageState
from checkout.fulfilment.refund_actions import refund_order
from checkout.fulfilment.services import cancel_order
from checkout.order.locking import OrderActionError
from checkout.order.models import Order
from checkout.order.states import OrderState
from checkout.payment.models import (
    AttemptState,
    PaymentAttempt,
    StripeEvent,
    Transaction,
    TransactionType,
)
from tests.stripe_double.control import Control

AGE = 15 * 60  # seconds: older than what reconcile calls an orphan
ROUNDS = 45  # of at least two seconds each
SOON = timedelta(seconds=10)  # within which the broker's word reaches a worker

_UNSENT = Q(state__in=[MessageState.QUEUED, MessageState.SENDING])


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def finish_all_jobs(double: Control, app: Celery) -> list[str]:
    """Run the jobs until nothing is left; return what is left after the last round."""
    _age(double)
    left: list[str] = []
    for turn in range(ROUNDS):
        if turn % 8 == 0:
            _bring_forward()
        for job in _jobs(app):
            job()
        _resolve_alerts()
        left = unfinished()
        if not left:
            return []
        if turn % 10 == 9:
            say(f"  still: {', '.join(left)}")
        Event().wait(2)
    return left


def unfinished() -> list[str]:
    """Return what still waits for a job, as text."""
    waiting = {
        "orders wait for their payment": Order.objects.filter(status=OrderState.PENDING),
        "letters wait": Message.objects.filter(_UNSENT),
        "events are not settled": StripeEvent.objects.filter(settled_at=None),
    }
    counts = {words: rows.count() for words, rows in waiting.items()}
    return [f"{count} {words}" for words, count in counts.items() if count]


def _jobs(app: Celery) -> list[Callable[[], None]]:
    """What beat queues again and again, in its order; what comes at an hour is left out."""
    app.loader.import_default_modules()
    entries = app.conf.beat_schedule.values()
    return [
        app.tasks[entry["task"]] for entry in entries if isinstance(entry["schedule"], int | float)
    ]


def _resolve_alerts() -> None:
    """Do what payment alerts ask staff to do."""
    _cancel_released()
    _refund_again()


def _cancel_released() -> None:
    """Cancel the orders whose payment the bank released."""
    unpaid = Order.objects.filter(status__in=[OrderState.PLACED, OrderState.PART_SHIPPED])
    live = PaymentAttempt.objects.exclude(state=AttemptState.CANCELLED)
    for order in unpaid.exclude(attempts__in=live):
        cancel_order(order=order, reason="The bank released the payment.", by=None)


def _refund_again() -> None:
    """Repeat failed refunds, each once."""
    refunds = Transaction.objects.filter(type=TransactionType.REFUND)
    for failed in refunds.exclude(failed_at=None).select_related("attempt__order"):
        reason = f"The bank returned {failed.stripe_id}."
        if not refunds.filter(reason=reason).exists():
            with suppress(OrderActionError):  # "please look again": in the next round
                refund_order(
                    order=failed.attempt.order, cents=failed.amount_cents, reason=reason, by=None
                )


def _age(double: Control) -> None:
    for intent in double.intents():
        double.backdate(intent["id"], AGE)


def _bring_forward() -> None:
    now = timezone.now()
    pending = PaymentAttempt.objects.filter(order__status=OrderState.PENDING)
    pending.filter(expires_at__gt=now).update(expires_at=now)
    # claimed longer ago than a worker needs for an email: no worker is sending it
    stuck = Message.objects.filter(state=MessageState.SENDING)
    stuck.filter(claimed_at__lt=now - timedelta(seconds=15)).update(next_try_at=now)
    retries = Message.objects.filter(state=MessageState.QUEUED, attempts__gt=0)
    lost = Message.objects.filter(state=MessageState.QUEUED, created_at__lt=now - SOON)
    (retries | lost).filter(next_try_at__gt=now).update(next_try_at=now)
