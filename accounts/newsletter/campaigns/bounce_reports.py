"""Reports by email: delivery status (RFC 3464), complaints (RFC 5965), status codes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from typing import Any

from accounts.newsletter.campaigns.models import FeedbackType

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


@dataclass(frozen=True, slots=True)
class Report:
    """What an inbound email reports about an email that we sent."""

    message_id: str  # or "" where the report does not carry it
    type: FeedbackType | None  # None: still being tried, or no action needed
    detail: str = ""


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


def reports_in(email: Message) -> list[Report] | None:
    """Return the reports that an email carries; None for an email that is no report."""
    if email.get_content_type() != "multipart/report":
        return None
    message_id = _returned_message_id(email)
    for part in email.walk():
        if part.get_content_type() == "message/delivery-status":
            return list(_delivery_reports(part, message_id))
        if part.get_content_type() == "message/feedback-report":
            fields: Message = (_blocks(part) or [Message()])[0]
            said = _field(fields, "Feedback-Type").lower()
            kind = FeedbackType.COMPLAINT if said in _ABUSE else None
            return [Report(message_id, kind, f"{said} {_field(fields, 'User-Agent')}")]
    return None  # a read receipt, for one


def _delivery_reports(part: Message, message_id: str) -> Iterator[Report]:
    """Yield one report for each recipient; the first block is about the email."""
    for block in _blocks(part)[1:]:
        action = _field(block, "Action").lower()
        status = _field(block, "Status").split(" ")[0]
        said = _field(block, "Diagnostic-Code").partition(";")[2].strip()
        detail = said if status in said else f"{status} {said}".strip()
        if action == "failed":
            yield Report(message_id, type_of_status(status), detail)
        elif action == "delivered":
            yield Report(message_id, FeedbackType.DELIVERED, detail)
        else:  # delayed, relayed, expanded: not final
            yield Report(message_id, None, detail)


def _blocks(part: Message) -> list[Any]:
    payload = part.get_payload()
    return payload if isinstance(payload, list) else []


def _field(block: Message, name: str) -> str:
    return " ".join(str(block.get(name) or "").split())


def _returned_message_id(email: Message) -> str:
    """Return the Message-ID of our email, which the report returns whole or as headers."""
    for part in email.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822" and _blocks(part):
            return _field(_blocks(part)[0], "Message-ID")
        if kind == "text/rfc822-headers":
            body = part.get_payload(decode=True)
            head = body.decode("utf-8", "replace") if isinstance(body, bytes) else ""
            return _field(HeaderParser().parsestr(head.lstrip()), "Message-ID")
    return ""
