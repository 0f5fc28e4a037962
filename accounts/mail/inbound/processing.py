"""Emails to us: reports about our emails, requests that a program can fulfil, and all others.

The "From" header can be forged, so it verifies nothing. An email counts only if it contains
something that only the right person has: the Message-ID of an email of ours, or a link's token.
"""

from email.message import Message
from typing import Any

from django.dispatch import Signal

from accounts.mail.inbound.reports import BY_EMAIL, header, reports_in

#: Sent for each report about an email of ours, with `report`.
report_received = Signal()
#: Sent for every other email, with `email`, `provider` and `event_id`. A receiver returns whether
#: it has done what the email requests.
request_received = Signal()
#: Sent for an email that a person has to read, with `email` and `event_id`. A receiver returns
#: whether it has stored all of it, so that the mailbox need not keep it.
email_received = Signal()


def process(email: Message, *, provider: str, event_id: str) -> bool:
    """Process an email; return whether it is done and no person has to read it.

    `event_id` names the email at its provider: the same email again changes nothing.
    """
    name = BY_EMAIL + event_id
    reports = reports_in(email, provider, name)
    if reports is not None:
        for report in reports:
            report_received.send(process, report=report)
        return True
    if _is_done(request_received, email=email, provider=provider, event_id=name):
        return True
    return is_automatic(email) or _is_done(
        email_received, email=email, event_id=f"{provider}:{event_id}"
    )


def _is_done(signal: Signal, **arguments: Any) -> bool:
    return any(answer for _receiver, answer in signal.send(process, **arguments))


def is_automatic(email: Message) -> bool:
    """Return whether a program wrote it (RFC 3834): an out-of-office reply is never answered."""
    return (
        header(email, "Auto-Submitted").lower() not in {"", "no"}
        or header(email, "Precedence").lower() in {"bulk", "junk", "list"}
        or email.get("X-Autoreply") is not None
        or header(email, "Return-Path") == "<>"
    )
