"""The states of a return and the moves between them: the only place that knows both."""

from django.db import models

from microflight.core.states import Machine, NotAllowed

__all__ = ["COME", "MOVES", "OPEN", "RETURN", "NotAllowed", "ReturnState"]


class ReturnState(models.TextChoices):
    """Where goods on their way back, and their money, are."""

    ASKED = "asked", "Asked for"
    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn"
    RECEIVED = "received", "Received"
    REFUNDED = "refunded", "Refunded"
    CLOSED = "closed", "Closed without a refund"


MOVES: dict[str, tuple[str, ...]] = {
    ReturnState.ASKED: (ReturnState.APPROVED, ReturnState.REFUSED, ReturnState.WITHDRAWN),
    # nothing may ever come, and then staff close it
    ReturnState.APPROVED: (ReturnState.RECEIVED, ReturnState.WITHDRAWN, ReturnState.CLOSED),
    ReturnState.RECEIVED: (ReturnState.REFUNDED, ReturnState.CLOSED),
    ReturnState.REFUSED: (),
    ReturnState.WITHDRAWN: (),
    ReturnState.REFUNDED: (),
    ReturnState.CLOSED: (),
}

RETURN = Machine("a return", ReturnState, ReturnState.ASKED, MOVES)

#: Returns whose pieces have come or may still come: none of these can be asked for again.
OPEN = (ReturnState.ASKED, ReturnState.APPROVED)
COME = (ReturnState.RECEIVED, ReturnState.REFUNDED, ReturnState.CLOSED)
