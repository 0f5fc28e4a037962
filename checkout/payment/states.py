"""The states of one try to pay, and the moves between them: the only place that knows both."""

from django.db import models

from microflight.core.states import Machine


class AttemptState(models.TextChoices):
    """What became of one try to pay."""

    OPEN = "open", "open"  # may still be confirmed
    PROCESSING = "processing", "at the bank"  # which has not made up its mind
    AUTHORISED = "authorised", "authorised"
    CAPTURED = "captured", "captured"
    CANCELLED = "cancelled", "cancelled"


#: Attempts that may still become money.
UNDECIDED = (AttemptState.OPEN, AttemptState.PROCESSING)

MOVES: dict[str, tuple[str, ...]] = {
    # taken at once where a voucher pays for everything, or where Stripe's dashboard was quicker
    AttemptState.OPEN: (
        AttemptState.PROCESSING,
        AttemptState.AUTHORISED,
        AttemptState.CAPTURED,
        AttemptState.CANCELLED,
    ),
    # the bank says yes, or no: then the order is given up, since nobody waits at the till
    AttemptState.PROCESSING: (
        AttemptState.AUTHORISED,
        AttemptState.CAPTURED,
        AttemptState.CANCELLED,
    ),
    AttemptState.AUTHORISED: (AttemptState.CAPTURED, AttemptState.CANCELLED),
    # taken for an order that could not be had any more, and given back in whole
    AttemptState.CAPTURED: (AttemptState.CANCELLED,),
    AttemptState.CANCELLED: (),
}

ATTEMPT = Machine("a payment attempt", AttemptState, AttemptState.OPEN, MOVES)
