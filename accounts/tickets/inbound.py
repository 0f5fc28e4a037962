"""Inbound email as tickets.

The sender is never verified: a ticket shows what an email says, and changes nothing else.
"""

import hashlib
from email.message import EmailMessage, Message
from email.utils import getaddresses, parseaddr
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from accounts.email_addresses import normalize_email
from accounts.mail.inbound.processing import email_received
from accounts.mail.inbound.reports import header
from accounts.tickets import emails
from accounts.tickets.models import MAX_TICKET, Ticket, TicketState
from microflight.core.business import FACTS
from microflight.core.card_numbers import redact_card_numbers
from microflight.core.email_address import check_deliverable
from microflight.core.html import html_to_text
from microflight.core.text import one_line

MAX_TEXT = 20_000  # characters of one email
_TO = ("To", "Cc", "Delivered-To", "X-Original-To")
_OURS = {FACTS.service_email, FACTS.sales_email}


@receiver(email_received, dispatch_uid="tickets")
def receive(email: Message, event_id: str, **_: Any) -> bool:
    """Store an email to the service address; return whether the mailbox need not keep it.

    `event_id` identifies it: the same email again changes nothing.
    """
    sender = _sender(email)
    if sender is None or not _is_to_us(email):
        return False
    with transaction.atomic():
        return not _store(email, event_id, *sender).has_attachments


def _sender(email: Message) -> tuple[str, str] | None:
    """Return name and address after "From"; None if we wrote it, or cannot answer."""
    name, address = parseaddr(header(email, "From"))
    address = normalize_email(address)
    try:
        check_deliverable(address)
    except ValidationError:
        return None
    if address in _OURS or len(address) > 254:
        return None
    return redact_card_numbers(one_line(name))[:255], redact_card_numbers(address)


def _is_to_us(email: Message) -> bool:
    headers = [str(value) for name in _TO for value in email.get_all(name, [])]
    return FACTS.service_email in {normalize_email(each) for _, each in getaddresses(headers)}


def _store(email: Message, event_id: str, name: str, address: str) -> Ticket:
    subject = redact_card_numbers(header(email, "Subject"))[:255]
    now = timezone.now()
    has_attachments = any(part.get_content_disposition() == "attachment" for part in email.walk())
    event = hashlib.sha256(event_id.encode()).hexdigest()
    ticket = Ticket.objects.select_for_update().filter(email=address).named_in(subject)
    if ticket is None:
        facts = {"email": address, "name": name, "subject": subject, "text": _text(email),
                 "has_attachments": has_attachments, "last_email_at": now}  # fmt: skip
        ticket, is_new = Ticket.objects.get_or_create(event_id=event, defaults=facts)
        if is_new:
            emails.ticket_received(ticket)
        return ticket
    if event in (ticket.event_id, *ticket.event_ids):
        return ticket
    ticket.text = f"{ticket.text}\n\n--- {now:%Y-%m-%d %H:%M} UTC ---\n\n{_text(email)}"[
        -MAX_TICKET:
    ]
    ticket.state, ticket.last_email_at = TicketState.OPEN, now
    ticket.event_ids = [*ticket.event_ids, event]
    ticket.has_attachments |= has_attachments
    ticket.save()
    return ticket


def _text(email: Message) -> str:
    """Return the text of an email, from its HTML if it has no plain text."""
    part: Any = email.get_body(("plain", "html")) if isinstance(email, EmailMessage) else None
    if part is None:
        part = _first_text(email)
    if part is None:
        return ""
    text = _decoded(part).replace("\0", "").replace("\r\n", "\n")
    if part.get_content_subtype() == "html":
        text = html_to_text(text)
    return redact_card_numbers(text.strip())[:MAX_TEXT]


def _first_text(email: Message) -> Any:
    parts = [each for each in email.walk() if each.get_content_maintype() == "text"]
    plain = [each for each in parts if each.get_content_subtype() == "plain"]
    return next(iter(plain or parts), None)


def _decoded(part: Any) -> str:
    """Return the text of a part; an unknown or wrong character set loses some letters only."""
    content = part.get_payload(decode=True) or b""
    try:
        return str(content.decode(part.get_content_charset() or "utf-8", "replace"))
    except LookupError:
        return str(content.decode("utf-8", "replace"))
