"""Stripe's objects as our own types. Amounts are in cents."""

from dataclasses import dataclass
from datetime import datetime

#: Statuses of an intent that can still be paid.
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
#: Cancellation reasons that API users give; Stripe's own are different.
GIVEN_REASONS = ("abandoned", "duplicate", "fraudulent", "requested_by_customer")


@dataclass(frozen=True, slots=True)
class Intent:
    """A PaymentIntent with its latest charge."""

    id: str
    status: str
    amount: int
    currency: str  # upper case
    client_secret: str
    captured: int
    released: int  # never captured, but a refund at Stripe: only before API version basil
    refunded: int  # of what was captured
    authorized_until: datetime | None
    error: str
    cancellation_reason: str
    order_number: str
    attempt: str  # our UUID
    site: str
    created: datetime

    @property
    def is_open(self) -> bool:
        """Tell whether it can still be paid."""
        return self.status in OPEN

    @property
    def is_authorized(self) -> bool:
        """Tell whether it is authorized or captured."""
        return self.status in ("requires_capture", "succeeded")

    @property
    def is_unpaid(self) -> bool:
        """Tell whether nothing is authorized or captured; False for an unknown status."""
        return self.status in (*OPEN, "processing", "canceled")

    @property
    def is_cancelled(self) -> bool:
        """Tell whether it can never be charged."""
        return self.status == "canceled"

    @property
    def is_used_up(self) -> bool:
        """Tell whether Stripe cancelled it, as it does after too many confirmations.

        Stripe does not document the reason; `automatic` is the only one that fits.
        """
        return self.is_cancelled and self.cancellation_reason not in GIVEN_REASONS


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund; a failed one did not reach the customer."""

    id: str
    amount: int
    failed: bool
    key: str = ""  # ours; empty if made in Stripe's dashboard


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute of a payment by the cardholder."""

    id: str
    status: str
    amount: int
    currency: str  # upper case
    reason: str

    @property
    def is_inquiry(self) -> bool:
        """Tell whether it is only an inquiry, without money withdrawn."""
        return self.status.startswith("warning_")

    @property
    def needs_response(self) -> bool:
        """Tell whether the bank needs a response from the shop."""
        return self.status.endswith("needs_response")


@dataclass(frozen=True, slots=True)
class FraudWarning:
    """A bank's warning that a payment may be fraudulent."""

    id: str
    fraud_type: str
    actionable: bool  # neither disputed nor refunded in full


@dataclass(frozen=True, slots=True)
class Review:
    """A request of Stripe Radar to review a payment."""

    id: str
    open: bool
    reason: str  # why it was opened, or closed


@dataclass(frozen=True, slots=True)
class Event:
    """An event: an object changed. Its current state must be read from Stripe."""

    id: str
    type: str
    object_id: str
    intent_id: str
