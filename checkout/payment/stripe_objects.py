"""Conversion of Stripe's objects, from stripe-python or JSON, to our own types."""

import re
from datetime import UTC, datetime
from typing import Any

from checkout.payment.stripe_types import Event, Intent, Refund

#: At most 200 characters, since it is part of an idempotency key, which has at most 255.
_CONFIRMATION_TOKEN = re.compile(r"ctoken_[A-Za-z0-9]{1,193}")


def is_confirmation_token(text: str) -> bool:
    """Return whether this has the form of a confirmation token, which Stripe.js makes of a card."""
    return _CONFIRMATION_TOKEN.fullmatch(text) is not None


def field(thing: Any, name: str) -> Any:
    """Return a field or None; Stripe's objects have no get()."""
    return getattr(thing, name, None) if thing is not None else None


def event_from(found: Any) -> Event:
    """Return an event with its object's ID and the intent's."""
    subject = found.data.object
    object_id = str(subject["id"])
    is_intent = subject["object"] == "payment_intent"
    intent_id = object_id if is_intent else field(subject, "payment_intent")
    return Event(id=found.id, type=found.type, object_id=object_id, intent_id=str(intent_id or ""))


def intent_from(found: Any) -> Intent:
    """Return a PaymentIntent, with the sums of its latest charge if that is expanded."""
    charge = field(found, "latest_charge")
    charge = None if isinstance(charge, str) else charge
    card = field(field(charge, "payment_method_details"), "card")
    before = field(card, "capture_before")
    refunded, released = 0, 0
    if charge is not None and found.status == "succeeded":
        released = released_cents(charge)
        refunded = charge.amount_refunded - released
    return Intent(
        id=found.id,
        status=found.status,
        amount=found.amount,
        currency=found.currency.upper(),
        client_secret=field(found, "client_secret") or "",
        captured=field(found, "amount_received") or 0,
        released=released,
        refunded=refunded,
        authorized_until=datetime.fromtimestamp(before, UTC) if before else None,
        error=field(field(found, "last_payment_error"), "message") or "",
        cancellation_reason=field(found, "cancellation_reason") or "",
        order_number=field(field(found, "metadata"), "order") or "",
        attempt=field(field(found, "metadata"), "attempt") or "",
        site=field(field(found, "metadata"), "site") or "",
        created=datetime.fromtimestamp(found.created, UTC),
    )


def released_cents(charge: Any) -> int:
    """Return the cents of a partly captured charge that Stripe lists as refunded.

    Until API version 2025-03-31.basil, a partial capture created a refund of the rest. The
    charge's balance transaction tells which version applies: it was of the authorized amount then,
    and is of the captured amount now: docs.stripe.com/changelog/basil/2025-03-31/
    remove-refund-from-partial-capture-and-payment-cancellation-flow, support.stripe.com/questions/
    changes-to-balance-transaction-behavior-for-partial-capture-and-payment-cancellation-flows.
    A capture without a balance transaction is recent.
    """
    rest = int(charge.amount - charge.amount_captured)
    moved = field(charge, "balance_transaction")
    if not rest or moved is None:
        return 0
    rate = field(moved, "exchange_rate") or 1
    held, captured = charge.amount * rate, charge.amount_captured * rate
    return rest if abs(moved.amount - held) < abs(moved.amount - captured) else 0


def refund_from(found: Any) -> Refund:
    """Return a refund."""
    return Refund(
        id=found.id,
        amount=found.amount,
        failed=found.status in ("failed", "canceled"),
        key=field(field(found, "metadata"), "key") or "",
    )
