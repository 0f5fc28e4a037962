"""Emails about orders, shipments and refunds: exactly one outbox row each."""

from collections.abc import Iterator
from typing import Any

from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _

from accounts.mail.models import Message
from checkout.audit.checks.base import Breach, CheckRun, check, number_of
from checkout.order.delivery import WITHOUT_SHIPPING
from checkout.order.models import Order, ShippingEvent
from checkout.payment.models import AttemptState, Transaction, TransactionType

WRITE = _("Email the customer yourself, and look for the error in the worker’s log.")


def _not_one_email(rows: QuerySet[Any], email_type: str, *, prefix: str, by: str) -> QuerySet[Any]:
    """Return rows without exactly one email of a type about `<prefix>:<by>`."""
    subject_id = Concat(Value(f"{prefix}:"), Cast(F(by), CharField()))
    emails = number_of(
        Message.objects.filter(email_type=email_type), by="subject_id", outer="outbox_subject"
    )
    annotated = rows.annotate(outbox_subject=subject_id).annotate(emails=emails)
    return annotated.exclude(emails=1).order_by("pk")


@check("order-emails", _("Every placed order has one confirmation email."))
def order_emails(run: CheckRun) -> Iterator[Breach]:
    """One order confirmation for each placed order with an email, whatever its state now."""
    placed = run.count(Order.objects.filter(placed_at__isnull=False).exclude(guest_email=""))
    suspects = _not_one_email(placed, "order-confirmed", prefix="order", by="number")
    problem = _("Confirmation emails: %(emails)d instead of 1.")
    yield from run.breaches(suspects, problem, WRITE)


@check("early-emails", _("No order was confirmed by email before it was placed."))
def early_emails(run: CheckRun) -> Iterator[Breach]:
    """No order confirmation for an order that was never placed."""
    unplaced = run.count(Order.objects.filter(placed_at=None))
    subject_id = Concat(Value("order:"), "number")
    emails = number_of(
        Message.objects.filter(email_type="order-confirmed"),
        by="subject_id",
        outer="outbox_subject",
    )
    suspects = unplaced.annotate(outbox_subject=subject_id).annotate(emails=emails)
    yield from run.breaches(
        suspects.filter(emails__gt=0),
        _("It has a confirmation email, but was never placed."),
        _("Tell the customer, and check the order’s history."),
    )


@check("shipment-emails", _("Every shipment has one email."))
def shipment_emails(run: CheckRun) -> Iterator[Breach]:
    """One shipment-sent for each shipment of an order with an email."""
    shipments = run.count(
        ShippingEvent.objects.exclude(order__guest_email="").exclude(
            event_type__name=WITHOUT_SHIPPING  # the order's confirmation says so
        )
    )
    suspects = _not_one_email(shipments, "shipment-sent", prefix="shipment", by="pk")
    problem = _("Emails of shipment %(shipment)d: %(emails)d instead of 1.")
    yield from run.breaches(suspects, problem, WRITE, number="order__number", shipment="pk")


@check("refund-emails", _("Every refund has one email."))
def refund_emails(run: CheckRun) -> Iterator[Breach]:
    """One order-refunded for each refund; a refused payment is in the cancellation email."""
    refunds = Transaction.objects.filter(type=TransactionType.REFUND).exclude(
        attempt__state=AttemptState.CANCELLED
    )
    refunds = run.count(refunds.exclude(attempt__order__guest_email=""))
    suspects = _not_one_email(refunds, "order-refunded", prefix="refund", by="pk")
    problem = _("Emails of refund %(refund)s: %(emails)d instead of 1.")
    columns = {"number": "attempt__order__number", "refund": "stripe_id"}
    yield from run.breaches(suspects, problem, WRITE, **columns)
