"""Samples of the automatic reply, and of a reply by staff."""

from typing import Any

from accounts.mail.samples import sample_for
from accounts.tickets.models import Ticket


@sample_for("ticket-received")
def ticket_received() -> dict[str, Any]:
    """A question about batteries."""
    return {"ticket": Ticket(pk=10, name="Dana Moth", subject="Cells for the Dragonfly")}


@sample_for("ticket-reply")
def ticket_reply() -> dict[str, Any]:
    """The answer to it."""
    return {**ticket_received(), "text": "The Dragonfly takes one 50 mAh cell.\n\nCharlie"}
