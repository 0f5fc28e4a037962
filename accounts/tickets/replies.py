"""Replies of staff to tickets."""

from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from accounts.tickets import emails
from accounts.tickets.models import MAX_TICKET, Ticket, TicketState
from microflight.core.errors import ServiceError


def version_of(ticket: Ticket) -> str:
    """Return a hash (hex) of what the page shows, to notice what happened after it was opened."""
    shown = [ticket.last_email_at, ticket.state, ticket.text]
    return sha256("\n".join(map(str, shown)).encode()).hexdigest()


@transaction.atomic
def reply_to(*, ticket: Ticket, text: str, seen: str, keep_open: bool, by: Any) -> Ticket:
    """Email the text to the person who wrote, add it to the ticket, and close that.

    Raises ServiceError if the ticket has changed since the page was opened (`seen`).
    """
    text = text.replace("\r\n", "\n")
    locked = Ticket.objects.select_for_update().get(pk=ticket.pk)
    if version_of(locked) != seen:
        message = gettext(
            "The customer wrote again, or a colleague replied or changed the ticket, after you "
            "opened the page. Read it in another tab, then send again."
        )
        raise ServiceError(message)
    emails.ticket_reply(locked, text)
    heading = f"--- {timezone.now():%Y-%m-%d %H:%M} UTC, {by} ---"
    locked.text = f"{locked.text}\n\n{heading}\n\n{text}"[-MAX_TICKET:]
    locked.state = TicketState.OPEN if keep_open else TicketState.CLOSED
    locked.save(update_fields=["text", "state"])
    return locked
