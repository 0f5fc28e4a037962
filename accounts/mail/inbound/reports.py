"""Reports about our emails: delivery status (RFC 3464), complaints (RFC 5965), status codes."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.parser import HeaderParser
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

#: IDs of reports that came by email, rather than from the provider itself, start with this.
BY_EMAIL = "email:"

#: The "Feedback-Type" values of complaints; others, such as "not-spam", need no action.
_ABUSE = {"abuse", "fraud", "virus"}
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
#: Subject and detail (RFC 3463) that mean: the mailbox does not exist. The rest of class 5 is about
#: a full mailbox, size, route, content or a policy, and may be over tomorrow.
_NO_MAILBOX = {(2, 1), (4, 4), (0, 0), (1, 0), (1, 1), (1, 2), (1, 3), (1, 6), (1, 9), (1, 10)}
#: What a server without enhanced codes says of a recipient (RFC 5321), and words by which it
#: rejects the sender instead: the address is not at fault.
_NO_RECIPIENT = ("550", "551", "553")
_SENDER_REJECTED = re.compile(r"relay|spam|block|polic|denied|authent|reputation", re.IGNORECASE)


class FeedbackType(models.TextChoices):
    """What a mail server or provider reports about an email."""

    DELIVERED = "delivered", _("Delivered")
    SOFT = "soft", _("Soft bounce")
    HARD = "hard", _("Hard bounce")
    COMPLAINT = "complaint", _("Spam complaint")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")


@dataclass(frozen=True, slots=True)
class Report:
    """What a mail server or provider reports about an email that we sent."""

    provider: str
    event_id: str  # names the report at its provider: the same one again changes nothing
    message_id: str  # or "" where the report does not carry it
    type: FeedbackType | None  # None: still being tried, or no action needed
    detail: str = ""
    recipient: str = ""  # where the provider names it
    at: datetime | None = None


def status_in(text: str) -> str:
    """Return the first enhanced status code in a server's answer, such as "5.1.1", or ""."""
    found = _STATUS.search(text)
    return found[0] if found else ""


def type_of_status(status: str) -> FeedbackType:
    """Return what a final rejection with this status means; an unreadable one is a soft bounce."""
    found = _STATUS.fullmatch(status.strip())
    if found and found[1] == "5" and (int(found[2]), int(found[3])) in _NO_MAILBOX:
        return FeedbackType.HARD
    return FeedbackType.SOFT


def type_of_reply(reply: str) -> FeedbackType:
    """Return what a server's reply to a recipient means, such as "550 5.1.1 no such user"."""
    if status := status_in(reply):
        return type_of_status(status)
    is_gone = reply.startswith(_NO_RECIPIENT) and not _SENDER_REJECTED.search(reply)
    return FeedbackType.HARD if is_gone else FeedbackType.SOFT


def reports_in(email: Message, provider: str, event_id: str) -> list[Report] | None:
    """Return the reports that an email carries; None for an email that is no report."""
    if email.get_content_type() != "multipart/report":
        return None
    message_id = _returned_message_id(email)
    for part in email.walk():
        if part.get_content_type() == "message/delivery-status":
            # one block for each recipient; the first is about the email
            found = [_delivery_report(block) for block in _blocks(part)[1:]]
        elif part.get_content_type() == "message/feedback-report":
            found = [_complaint((_blocks(part) or [Message()])[0])]
        else:
            continue
        return [
            Report(provider, f"{event_id}:{number}", message_id, kind, detail)
            for number, (kind, detail) in enumerate(found)
        ]
    return None  # a read receipt, for one


def _delivery_report(block: Message) -> tuple[FeedbackType | None, str]:
    status = header(block, "Status").split(" ")[0]
    said = header(block, "Diagnostic-Code").partition(";")[2].strip()
    types = {"failed": type_of_status(status), "delivered": FeedbackType.DELIVERED}
    kind = types.get(header(block, "Action").lower())  # delayed, relayed, expanded: not final
    return kind, said if status in said else f"{status} {said}".strip()


def _complaint(fields: Message) -> tuple[FeedbackType | None, str]:
    said = header(fields, "Feedback-Type").lower()
    return (FeedbackType.COMPLAINT if said in _ABUSE else None), (
        f"{said} {header(fields, 'User-Agent')}"
    )


def _blocks(part: Message) -> list[Any]:
    payload = part.get_payload()
    return payload if isinstance(payload, list) else []


def header(email: Message, name: str) -> str:
    """Return a header in one line, or "". NUL, which PostgreSQL does not take, is removed."""
    return " ".join(str(email.get(name) or "").replace("\0", "").split())


def _returned_message_id(email: Message) -> str:
    """Return the Message-ID of our email, which the report returns whole or as headers."""
    for part in email.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822" and _blocks(part):
            return header(_blocks(part)[0], "Message-ID")
        if kind == "text/rfc822-headers":
            body = part.get_payload(decode=True)
            head = body.decode("utf-8", "replace") if isinstance(body, bytes) else ""
            return header(HeaderParser().parsestr(head.lstrip()), "Message-ID")
    return ""
