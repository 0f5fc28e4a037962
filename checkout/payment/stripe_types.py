"""What the shop keeps of Stripe's objects. Amounts are cents."""

from dataclasses import dataclass
from datetime import datetime

#: States of an intent in which the shopper may still pay it.
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
#: Reasons for a cancellation that a person or a program gives; Stripe's own are others.
GIVEN_REASONS = ("abandoned", "duplicate", "fraudulent", "requested_by_customer")


@dataclass(frozen=True, slots=True)
class Intent:
    """A PaymentIntent and its newest charge; amounts are cents."""

    id: str
    status: str
    amount: int
    currency: str  # upper case
    client_secret: str
    captured: int
    released: int  # never captured, and yet a refund at Stripe: in payments of before basil only
    refunded: int  # of what was captured
    authorised_until: datetime | None
    error: str
    cancellation_reason: str
    order_number: str
    attempt: str  # the uuid of ours
    site: str
    created: datetime

    @property
    def is_open(self) -> bool:
        """Tell whether the shopper may still pay."""
        return self.status in OPEN

    @property
    def is_authorised(self) -> bool:
        """Tell whether money is held or taken."""
        return self.status in ("requires_capture", "succeeded")

    @property
    def is_unpaid(self) -> bool:
        """Tell whether Stripe says that nothing is held or taken; an unknown status does not."""
        return self.status in (*OPEN, "processing", "canceled")

    @property
    def is_cancelled(self) -> bool:
        """Tell whether nothing can ever be taken."""
        return self.status == "canceled"

    @property
    def is_used_up(self) -> bool:
        """Tell whether Stripe itself ended it, as it does after too many confirmations.

        Stripe does not say with which reason; `automatic` is the only one that fits.
        """
        return self.is_cancelled and self.cancellation_reason not in GIVEN_REASONS


@dataclass(frozen=True, slots=True)
class Refund:
    """Money on its way back, in cents; a failed one came to nothing."""

    id: str
    amount: int
    failed: bool
    key: str = ""  # ours, unless it was made in Stripe's dashboard


@dataclass(frozen=True, slots=True)
class Dispute:
    """A cardholder's complaint at their bank about a payment, in cents."""

    id: str
    status: str
    amount: int
    currency: str  # upper case
    reason: str

    @property
    def is_inquiry(self) -> bool:
        """Tell whether the bank only asks, and no money was withdrawn."""
        return self.status.startswith("warning_")

    @property
    def needs_response(self) -> bool:
        """Tell whether the bank waits for the shop's answer."""
        return self.status.endswith("needs_response")


@dataclass(frozen=True, slots=True)
class FraudWarning:
    """What a card's bank reports before its cardholder disputes a payment."""

    id: str
    fraud_type: str
    actionable: bool  # neither disputed nor refunded in full


@dataclass(frozen=True, slots=True)
class Review:
    """A payment that Radar's rules, or a person, want checked."""

    id: str
    open: bool
    reason: str  # why it was opened, or closed


@dataclass(frozen=True, slots=True)
class Event:
    """A webhook: something happened to an object. What, the object itself must say."""

    id: str
    type: str
    object_id: str
    intent_id: str
