"""The states of a payment attempt and the allowed moves between them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from microflight.core.states import Machine


class AttemptState(models.TextChoices):
    """The states of a payment attempt."""

    OPEN = "open", _("Open")  # can still be confirmed
    PROCESSING = "processing", _("Processing at the bank")
    AUTHORIZED = "authorized", _("Authorized")
    CAPTURED = "captured", _("Captured")
    CANCELLED = "cancelled", _("Cancelled")


class PaymentMethod(models.TextChoices):
    """How an order is paid. All but cards are recorded by staff, without Stripe."""

    CARD = "card", _("Card")
    CHEQUE = "cheque", _("Cheque")
    MONEY_ORDER = "money-order", _("Money order")
    CASH = "cash", _("Cash")
    BANK_TRANSFER = "bank-transfer", _("Bank transfer")


#: Attempts that can still be authorized.
UNDECIDED = (AttemptState.OPEN, AttemptState.PROCESSING)

MOVES: dict[str, tuple[str, ...]] = {
    # captured at once if the total is zero, or in Stripe's dashboard
    AttemptState.OPEN: (
        AttemptState.PROCESSING,
        AttemptState.AUTHORIZED,
        AttemptState.CAPTURED,
        AttemptState.CANCELLED,
    ),
    # cancelled if the bank declines, since the customer has left
    AttemptState.PROCESSING: (
        AttemptState.AUTHORIZED,
        AttemptState.CAPTURED,
        AttemptState.CANCELLED,
    ),
    AttemptState.AUTHORIZED: (AttemptState.CAPTURED, AttemptState.CANCELLED),
    # an order that could no longer be fulfilled is refunded in full
    AttemptState.CAPTURED: (AttemptState.CANCELLED,),
    AttemptState.CANCELLED: (),
}

ATTEMPT = Machine("a payment attempt", AttemptState, AttemptState.OPEN, MOVES)
