"""Reports that come by mail: delivery status notifications (RFC 3464) and complaints (RFC 5965)."""

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from typing import Any

from accounts.newsletter.models import FeedbackKind
from accounts.newsletter.statuses import kind_of

#: What a complaint's "Feedback-Type" has to be; "not-spam" and the like ask nothing of us.
_ABUSE = {"abuse", "fraud", "virus"}


@dataclass(frozen=True, slots=True)
class Report:
    """What a mail says of one of our letters."""

    letter: str  # its Message-ID, or "" where the report does not carry it
    kind: FeedbackKind | None  # None: it is still being tried, or nothing to act upon
    detail: str = ""


def reports_in(mail: Message) -> list[Report] | None:
    """Return the reports that a mail carries; None for a mail that is no report at all."""
    if mail.get_content_type() != "multipart/report":
        return None
    letter = _letter(mail)
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            return list(_of_delivery(part, letter))
        if part.get_content_type() == "message/feedback-report":
            return [_of_complaint(part, letter)]
    return None  # a receipt that somebody read something, for one


def _of_delivery(part: Message, letter: str) -> Iterator[Report]:
    """One report for each recipient of a notification; its first block is about the mail."""
    for block in _blocks(part)[1:]:
        action = _field(block, "Action").lower()
        status = _field(block, "Status").split(" ")[0]
        said = _field(block, "Diagnostic-Code").partition(";")[2].strip()
        detail = said if status in said else f"{status} {said}".strip()
        if action == "failed":
            yield Report(letter, kind_of(status), detail)
        elif action == "delivered":
            yield Report(letter, FeedbackKind.DELIVERED, detail)
        else:  # delayed, relayed, expanded: not the last word
            yield Report(letter, None, detail)


def _of_complaint(part: Message, letter: str) -> Report:
    fields: Message = (_blocks(part) or [Message()])[0]
    said = _field(fields, "Feedback-Type").lower()
    agent = _field(fields, "User-Agent")
    return Report(letter, FeedbackKind.COMPLAINT if said in _ABUSE else None, f"{said} {agent}")


def _blocks(part: Message) -> list[Any]:
    """The blocks of fields that the parser found in a machine-readable part."""
    payload = part.get_payload()
    return payload if isinstance(payload, list) else []


def _field(block: Message, name: str) -> str:
    return " ".join(str(block.get(name) or "").split())


def _letter(mail: Message) -> str:
    """The Message-ID of the letter that is returned with the report, whole or its head alone."""
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822" and _blocks(part):
            return _field(_blocks(part)[0], "Message-ID")
        if kind == "text/rfc822-headers":
            body = part.get_payload(decode=True)
            head = body.decode("utf-8", "replace") if isinstance(body, bytes) else ""
            return _field(HeaderParser().parsestr(head.lstrip()), "Message-ID")
    return ""
