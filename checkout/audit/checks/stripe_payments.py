"""Our payment records compared with Stripe's, payment by payment.

The two are never read at the same moment, so each difference is checked again under the order's
lock, after any action in progress has ended. In an open shop, what happened at Stripe within the
grace period may still arrive as a webhook.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from checkout.audit.checks.base import Breach, CheckRun, cad, check
from checkout.audit.checks.payments import PLACED, RECONCILE
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import AttemptState, PaymentAttempt
from checkout.payment.stripe_gateway import Intent
from checkout.settlement.settle import RELEVANT_EVENTS, lock

#: Reconcile releases a payment without an order after ten minutes.
UNKNOWN_FOR = timedelta(minutes=30)
REFUND = _("Look at it in Stripe’s dashboard, and refund what belongs to no order.")
CANCEL = _("Cancel it in Stripe’s dashboard.")
#: Our state for each final status at Stripe; any other status is open.
RECORDED = {
    "requires_capture": AttemptState.AUTHORIZED,
    "succeeded": AttemptState.CAPTURED,
    "canceled": AttemptState.CANCELLED,
}

#: A problem, what to do about it, and the values of the problem's text.
Fault = tuple[Any, Any, dict[str, str]]


class SeenKeys:
    """A set of primary keys with one bit each, to use little memory for large shops."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, pk: int) -> None:
        if pk // 8 >= len(self._bits):
            self._bits.extend(bytes(pk // 8 - len(self._bits) + 1024))
        self._bits[pk // 8] |= 1 << pk % 8

    def __contains__(self, pk: int) -> bool:
        return pk // 8 < len(self._bits) and bool(self._bits[pk // 8] >> pk % 8 & 1)


@check("stripe-payments", _("Our payments match Stripe’s, and every charge has an order."))
def stripe_payments(run: CheckRun) -> Iterator[Breach]:
    """Every payment of this site is the same in our records and at Stripe."""
    found: list[tuple[str, Breach]] = []
    try:
        for intent_id, attempt_id in _suspects(run):
            if breach := _check_again(run, intent_id, attempt_id):
                found.append((intent_id, breach))
        recent = _recently_changed(run.grace) if found else set()
    except gateway.GatewayError as error:
        run.stripe_unavailable(error)
        recent = set()
    yield from (breach for intent_id, breach in found if intent_id not in recent)


def _recently_changed(grace: timedelta) -> set[str]:
    """Return the IDs of payments with an event at Stripe within the grace period."""
    if not grace:
        return set()
    return {event.intent_id for event in gateway.recent_events(grace, RELEVANT_EVENTS)}


def _suspects(run: CheckRun) -> Iterator[tuple[str, int | None]]:
    """Yield payments that seem to differ: Stripe's ID, and our attempt's primary key."""
    start, seen = timezone.now(), SeenKeys()
    for page in _pages():
        attempts = PaymentAttempt.objects.select_related("order").in_bulk(
            [intent.id for intent in page], field_name="intent_id"
        )
        for intent in page:
            attempt = attempts.get(intent.id)
            if attempt is not None:
                seen.add(attempt.pk)
            elif intent.site != settings.SITE_URL:
                continue  # another shop's, in the same account
            run.checked += 1
            if _fault(attempt, intent):
                yield intent.id, attempt.pk if attempt else None
    ours = PaymentAttempt.objects.exclude(intent_id=None).filter(created_at__lt=start)
    for pk, intent_id in ours.order_by("pk").values_list("pk", "intent_id").iterator():
        if pk not in seen:
            yield str(intent_id), pk


def _pages() -> Iterator[list[Intent]]:
    page, more = gateway.page_of_intents()
    while page:
        yield page
        page, more = gateway.page_of_intents(after=page[-1].id) if more else ([], False)


def _check_again(run: CheckRun, intent_id: str, attempt_id: int | None) -> Breach | None:
    """Compare under the order's lock, and return what is wrong."""
    with transaction.atomic():
        known = PaymentAttempt.objects.filter(intent_id=intent_id).values_list("pk", flat=True)
        attempt_id = attempt_id or known.first()
        attempt = lock(attempt_id) if attempt_id else None
        fault = _current_fault(attempt, intent_id)
    if fault is None:
        return None
    problem, action, values = fault
    subject = f"order {attempt.order.number}" if attempt else f"payment {intent_id}"
    return run.breach(subject, problem, action, **values)


def _current_fault(attempt: PaymentAttempt | None, intent_id: str) -> Fault | None:
    try:
        return _fault(attempt, gateway.retrieve_intent(intent_id))
    except gateway.GatewayRefused as error:
        if error.code != "resource_missing":
            raise
    action = _("Check that the shop uses the right Stripe key.")
    return _("Stripe has no payment %(id)s."), action, {"id": intent_id}


def _fault(attempt: PaymentAttempt | None, intent: Intent) -> Fault | None:
    """Return what is wrong between an intent and our attempt, if anything."""
    if attempt is None:
        return _orphan_fault(intent)
    if RECORDED.get(intent.status, AttemptState.OPEN) == AttemptState.OPEN:
        return _open_fault(attempt, intent)
    is_due = (intent.amount, intent.currency) == (attempt.amount_cents, attempt.currency)
    if attempt.order.status in PLACED and not is_due:
        action = _("Agree on the amount with the customer, or cancel the order.")
        values = {
            "amount": cad(intent.amount).replace("CAD", intent.currency),
            "total": cad(attempt.amount_cents),
        }
        return _("Stripe has %(amount)s, but the order total is %(total)s."), action, values
    if _is_same(attempt, intent):
        return None
    values = {
        "status": intent.status,
        "captured": cad(intent.captured),
        "refunded": cad(intent.refunded),
        "our_state": attempt.state,
        "our_captured": cad(attempt.captured_cents),
        "our_refunded": cad(attempt.refunded_cents),
    }
    problem = _(
        "Stripe says %(status)s, %(captured)s captured, %(refunded)s refunded; our records say "
        "%(our_state)s, %(our_captured)s captured, %(our_refunded)s refunded."
    )
    return problem, RECONCILE, values


def _orphan_fault(intent: Intent) -> Fault | None:
    values = {"order": intent.order_number or "unknown"}
    if kept := intent.captured - intent.refunded:
        values["amount"] = cad(kept)
        problem = _("%(amount)s was captured, but no order has this payment (order: %(order)s).")
        return problem, REFUND, values
    if intent.status == "requires_capture":
        values["amount"] = cad(intent.amount)
        problem = _("%(amount)s is authorized, but no order has this payment (order: %(order)s).")
        return problem, RECONCILE, values
    is_old = timezone.now() - intent.created > UNKNOWN_FOR
    if intent.status in RECORDED or not is_old:
        return None
    problem = _("It can still be paid, but no order has this payment (order: %(order)s).")
    return problem, CANCEL, values


def _open_fault(attempt: PaymentAttempt, intent: Intent) -> Fault | None:
    if attempt.state == AttemptState.OPEN:
        return None
    if attempt.state == AttemptState.PROCESSING == intent.status:  # both wait for the bank
        return None
    problem = _("Its payment is %(state)s in our records, but still open at Stripe (%(status)s).")
    return problem, CANCEL, {"state": attempt.state, "status": intent.status}


def _is_same(attempt: PaymentAttempt, intent: Intent) -> bool:
    if attempt.state == AttemptState.CANCELLED:  # also: captured, then refused and refunded
        return intent.is_cancelled or (
            intent.status == "succeeded" and intent.captured == intent.refunded
        )
    ours = (attempt.state, attempt.captured_cents, attempt.refunded_cents)
    return ours == (RECORDED[intent.status], intent.captured, intent.refunded)
