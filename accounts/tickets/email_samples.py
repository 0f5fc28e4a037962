"""A sample of the automatic reply."""

from typing import Any

from accounts.mail.samples import sample_for
from accounts.tickets.models import Ticket


@sample_for("ticket-received")
def ticket_received() -> dict[str, Any]:
    """A question about batteries."""
    return {"ticket": Ticket(pk=10, name="Dana Moth", subject="Cells for the Dragonfly")}
