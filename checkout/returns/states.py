"""The states of a return and the allowed moves between them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from microflight.core.states import Machine, NotAllowed

__all__ = ["ARRIVED", "MOVES", "OPEN", "RETURN", "NotAllowed", "ReturnState"]


class ReturnState(models.TextChoices):
    """The states of a return."""

    REQUESTED = "requested", _("Requested")
    APPROVED = "approved", _("Approved")
    DECLINED = "declined", _("Declined")
    CANCELLED = "cancelled", _("Cancelled")
    RECEIVED = "received", _("Received")
    REFUNDED = "refunded", _("Refunded")
    CLOSED = "closed", _("Closed without refund")


MOVES: dict[str, tuple[str, ...]] = {
    ReturnState.REQUESTED: (ReturnState.APPROVED, ReturnState.DECLINED, ReturnState.CANCELLED),
    # staff close it if nothing arrives
    ReturnState.APPROVED: (ReturnState.RECEIVED, ReturnState.CANCELLED, ReturnState.CLOSED),
    ReturnState.RECEIVED: (ReturnState.REFUNDED, ReturnState.CLOSED),
    ReturnState.DECLINED: (),
    ReturnState.CANCELLED: (),
    ReturnState.REFUNDED: (),
    ReturnState.CLOSED: (),
}

RETURN = Machine("a return", ReturnState, ReturnState.REQUESTED, MOVES)

#: Open and arrived returns hold their units: these cannot be returned again.
OPEN = (ReturnState.REQUESTED, ReturnState.APPROVED)
ARRIVED = (ReturnState.RECEIVED, ReturnState.REFUNDED, ReturnState.CLOSED)
