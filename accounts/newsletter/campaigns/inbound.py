"""Handles emails to us: bounce reports, unsubscribe requests, and all others.

The "From" header can be forged, so it verifies nothing. An email counts only if it contains
something that only the right person has: the Message-ID of an email of ours, which is signed, or
the token of their links.
"""

import re
from email.message import Message
from email.utils import parseaddr

from accounts.newsletter.campaigns import feedback
from accounts.newsletter.campaigns.bounce_reports import Report, reports_in
from accounts.newsletter.campaigns.models import FeedbackType
from accounts.newsletter.subscribers import links
from accounts.newsletter.subscribers.email_hash import normalize_email
from accounts.newsletter.subscribers.emails import send_unsubscribe_link
from accounts.newsletter.subscribers.models import Subscriber
from accounts.newsletter.subscribers.states import SubscriberState

_CODE = re.compile(
    r"\b(?:unsubscribe|leave)\s+([\w-]{16,40})(?:\.([\w-]{1,16}))?(?![\w-])", re.IGNORECASE
)
#: A subject that asks for one thing only; "Leave a review?" is for people to read.
_REQUEST = re.compile(
    r"(?:(?:re|fw|fwd)\s*:\s*)*(?:please\s+)?"
    r"(?:unsubscribe|leave|remove|stop|opt[\s-]?out)"
    r"(?:\s+(?:me|my|us|from|of|the|this|your|newsletters?|mailings?|lists?|address|letters?|"
    r"e-?mails?|mails?|please|sending))*[\s.!]*",
    re.IGNORECASE,
)


def process(email: Message, *, provider: str, event_id: str) -> bool:
    """Process an email; return whether it is done and no person has to read it.

    `event_id` names the email at its provider: the same email again changes nothing.
    """
    name = feedback.BY_EMAIL + event_id
    reports = reports_in(email)
    if reports is not None:
        for number, report in enumerate(reports):
            _note(report, provider, f"{name}:{number}")
        return True
    subject = " ".join(str(email.get("Subject") or "").split())
    code = _CODE.search(subject)
    if code and (subscriber := links.subscriber_to_end(code[1])):
        feedback.note(
            provider,
            name,
            FeedbackType.UNSUBSCRIBED,
            subscriber.email,
            campaign_key=code[2] or "",
        )
        return True
    if _is_automatic(email):
        return True
    return bool(_REQUEST.fullmatch(subject)) and _send_link(email)


def _note(report: Report, provider: str, name: str) -> None:
    """Accept a report only for an email whose Message-ID it contains."""
    if not report.message_id:
        return
    if report.type is None:
        feedback.accepted(report.message_id)
    else:
        message_id, detail = report.message_id, report.detail
        feedback.note(provider, name, report.type, message_id=message_id, detail=detail)


def _is_automatic(email: Message) -> bool:
    """Return whether a program wrote it (RFC 3834): an out-of-office reply is never answered."""
    said = str(email.get("Auto-Submitted") or "no").strip().lower()
    return (
        said != "no"
        or str(email.get("Precedence") or "").strip().lower() in {"bulk", "junk", "list"}
        or email.get("X-Autoreply") is not None
        or str(email.get("Return-Path") or "").strip() == "<>"
    )


def _send_link(email: Message) -> bool:
    """Email the unsubscribe link to the address after "From", once a day.

    Unsubscribing at once would let anyone unsubscribe anyone; an unknown address gets no answer,
    so that no one can make us write to strangers, or learn who is subscribed.
    """
    address = normalize_email(parseaddr(str(email.get("From") or ""))[1])
    is_valid = address and "\0" not in address  # PostgreSQL rejects the query
    subscriber = Subscriber.objects.filter(email=address).first() if is_valid else None
    if subscriber is None:
        return False  # perhaps another address of a subscriber: staff read it
    if subscriber.state == SubscriberState.ACTIVE and send_unsubscribe_link(subscriber):
        subscriber.events.create(what="asked to unsubscribe by email", note="Link sent.")
    return True
