"""Our books of payment against Stripe's own, payment by payment.

Stripe's answer and our row are never of the same moment, so each difference is looked at again
with the order locked: an act that was half-way through has ended by then. In an open shop, what
happened at Stripe within the grace period may also still be on its way here as a webhook.
"""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from checkout.audit.checks.base import Breach, Look, cad, check
from checkout.audit.checks.money import HEAL, PLACED
from checkout.payment import stripe_gateway as gateway
from checkout.payment.models import AttemptState, PaymentAttempt
from checkout.payment.stripe_gateway import Intent
from checkout.settlement.settle import MOVING, lock

#: The reconcile job releases a payment that no order knows after ten minutes.
LONG_UNKNOWN = timedelta(minutes=30)
DASHBOARD = "Look at it in Stripe's dashboard, and refund what no order keeps."
CANCEL = "Cancel it in Stripe's dashboard."

#: What our books say for each state at Stripe; any other state there is one still open.
BOOKED = {
    "requires_capture": AttemptState.AUTHORISED,
    "succeeded": AttemptState.CAPTURED,
    "canceled": AttemptState.CANCELLED,
}

#: What is wrong with a payment, and what to do about it.
Fault = tuple[str, str]


class Seen:
    """Which rows were seen, in one bit each: the walk's memory does not grow with the shop."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, pk: int) -> None:
        """Remember a row."""
        if pk // 8 >= len(self._bits):
            self._bits.extend(bytes(pk // 8 - len(self._bits) + 1024))
        self._bits[pk // 8] |= 1 << pk % 8

    def __contains__(self, pk: int) -> bool:
        return pk // 8 < len(self._bits) and bool(self._bits[pk // 8] >> pk % 8 & 1)


@check("stripe", "No charge is without an order, and Stripe's sums are those of our books.")
def stripe_agrees(look: Look) -> Iterator[Breach]:
    """Every payment of this site at Stripe is in the books as it is there, and the reverse."""
    found: list[tuple[str, Breach]] = []
    try:
        for intent_id, attempt_id in _suspects(look):
            if breach := _look_again(look, intent_id, attempt_id):
                found.append((intent_id, breach))
        fresh = _news(look.grace) if found else set()
    except gateway.GatewayError as error:
        look.unasked(error)
        fresh = set()
    yield from (breach for intent_id, breach in found if intent_id not in fresh)


def _news(grace: timedelta) -> set[str]:
    """The payments to which something happened at Stripe within the grace period."""
    if not grace:
        return set()
    return {event.intent_id for event in gateway.recent_events(grace, MOVING)}


def _suspects(look: Look) -> Iterator[tuple[str, int | None]]:
    """Payments that seem to differ: Stripe's id, and the key of the attempt that has it."""
    start, seen = timezone.now(), Seen()
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
            look.looked_at += 1
            if _fault(attempt, intent):
                yield intent.id, attempt.pk if attempt else None
    asked = PaymentAttempt.objects.exclude(intent_id=None).filter(created_at__lt=start)
    for pk, intent_id in asked.order_by("pk").values_list("pk", "intent_id").iterator():
        if pk not in seen:
            yield str(intent_id), pk


def _pages() -> Iterator[list[Intent]]:
    page, more = gateway.page_of_intents()
    while page:
        yield page
        page, more = gateway.page_of_intents(after=page[-1].id) if more else ([], False)


def _look_again(look: Look, intent_id: str, attempt_id: int | None) -> Breach | None:
    """Compare as nobody else can act on the order, and say what is wrong then."""
    with transaction.atomic():
        known = PaymentAttempt.objects.filter(intent_id=intent_id).values_list("pk", flat=True)
        attempt_id = attempt_id or known.first()
        attempt = lock(attempt_id) if attempt_id else None
        fault = _fault_now(attempt, intent_id)
    if fault is None:
        return None
    subject = f"order {attempt.order.number}" if attempt else f"payment {intent_id}"
    return look.breach(subject, *fault)


def _fault_now(attempt: PaymentAttempt | None, intent_id: str) -> Fault | None:
    try:
        return _fault(attempt, gateway.retrieve_intent(intent_id))
    except gateway.GatewayRefused as refusal:
        if refusal.code != "resource_missing":
            raise
    return (
        f"Stripe knows no payment {intent_id}.",
        "Check that the shop's Stripe key is the right one.",
    )


def _fault(attempt: PaymentAttempt | None, intent: Intent) -> Fault | None:
    """Say what is wrong between an intent and the attempt that has it, if anything is."""
    if attempt is None:
        return _fault_of_orphan(intent)
    if BOOKED.get(intent.status, AttemptState.OPEN) == AttemptState.OPEN:
        return _fault_of_open(attempt, intent)
    if attempt.order.status in PLACED and _wrong_amount(attempt, intent):
        what = (
            f"Stripe has {_at_stripe(intent)}, and the order was for {cad(attempt.amount_cents)}."
        )
        return what, "Agree with the customer on the right amount, or cancel the order."
    if _same_sums(attempt, intent):
        return None
    what = f"Stripe says {_told(intent.status, intent.captured, intent.refunded)}"
    books = _told(attempt.state, attempt.captured_cents, attempt.refunded_cents)
    return f"{what}; our books say {books}.", HEAL


def _fault_of_orphan(intent: Intent) -> Fault | None:
    about = f"no order knows of it (it says order {intent.order_number or 'unknown'})."
    if kept := intent.captured - intent.refunded:
        return f"{cad(kept)} was taken, and {about}", DASHBOARD
    if intent.status == "requires_capture":
        return f"{cad(intent.amount)} is reserved, and {about}", HEAL
    old = timezone.now() - intent.created > LONG_UNKNOWN
    if intent.status in BOOKED or not old:
        return None
    return f"It can still be paid, and {about}", CANCEL


def _fault_of_open(attempt: PaymentAttempt, intent: Intent) -> Fault | None:
    if attempt.state == AttemptState.OPEN:
        return None
    if attempt.state == AttemptState.PROCESSING == intent.status:  # both wait for the bank
        return None
    what = f"Its payment is {attempt.state} in our books, and can still be made at Stripe"
    return f"{what} ({intent.status}).", CANCEL


def _wrong_amount(attempt: PaymentAttempt, intent: Intent) -> bool:
    return (intent.amount, intent.currency) != (attempt.amount_cents, attempt.currency)


def _same_sums(attempt: PaymentAttempt, intent: Intent) -> bool:
    """A payment that was refused after it was taken is given back in full: state cancelled."""
    if attempt.state == AttemptState.CANCELLED:
        return intent.is_cancelled or (
            intent.status == "succeeded" and intent.captured == intent.refunded
        )
    books = (attempt.state, attempt.captured_cents, attempt.refunded_cents)
    return books == (BOOKED[intent.status], intent.captured, intent.refunded)


def _at_stripe(intent: Intent) -> str:
    return cad(intent.amount).replace("CAD", intent.currency)


def _told(state: str, taken: int, back: int) -> str:
    return f"{state}, {cad(taken)} taken, {cad(back)} given back"
