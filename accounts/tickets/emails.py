"""The automatic reply to an email that became a ticket, and the replies of staff."""

from typing import Any

from django.utils import timezone

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from accounts.tickets.models import Ticket
from microflight.core.business import FACTS
from microflight.core.limits import within_limit

#: Automatic replies to one address in a day: two programs must not answer each other for ever.
MAX_REPLIES = 3


def ticket_received(ticket: Ticket) -> None:
    """Reply once per ticket. Emails of programs never become tickets."""
    if within_limit("ticket-reply", who=ticket.email, most=MAX_REPLIES, seconds=86_400):
        about = f"ticket:{ticket.number}"
        outbox.add("ticket-received", subject_id=about, to=ticket.email, data={"ticket": ticket.pk})


@renders("ticket-received", reply_to=FACTS.service_email)
def render_ticket_received(message: Message) -> dict[str, Any]:
    ticket = Ticket.objects.filter(pk=message.data["ticket"]).first()
    if ticket is None:
        raise NoLongerNeeded("The ticket was deleted before this could be sent.")
    return {"ticket": ticket}


def ticket_reply(ticket: Ticket, text: str) -> None:
    """Send what staff wrote."""
    about = f"ticket:{ticket.number}:{timezone.now():%Y%m%d%H%M%S%f}"
    data = {"ticket": ticket.pk, "text": text}
    outbox.add("ticket-reply", subject_id=about, to=ticket.email, data=data)


@renders("ticket-reply", reply_to=FACTS.service_email)
def render_ticket_reply(message: Message) -> dict[str, Any]:
    return {**render_ticket_received(message), "text": message.data["text"]}
