"""Unsubscribe requests by email, whose sender may be forged."""

import re
from email.message import Message
from email.utils import parseaddr
from typing import Any

from django.dispatch import receiver

from accounts.email_addresses import normalize_email
from accounts.mail.inbound.processing import is_automatic, request_received
from accounts.mail.inbound.reports import FeedbackType, header
from accounts.newsletter.campaigns import feedback
from accounts.newsletter.subscribers import links
from accounts.newsletter.subscribers.emails import send_unsubscribe_link
from accounts.newsletter.subscribers.models import Subscriber, SubscriberState

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


@receiver(request_received)
def unsubscribe_by_email(email: Message, provider: str, event_id: str, **_: Any) -> bool:
    """Unsubscribe the person whose token is in the subject; send others the link by email."""
    subject = header(email, "Subject")
    code = _CODE.search(subject)
    if code and (one := links.subscriber_to_end(code[1])):
        kind, key = FeedbackType.UNSUBSCRIBED, code[2] or ""
        feedback.note(provider, event_id, kind, one.email, campaign_key=key)
        return True
    is_request = _REQUEST.fullmatch(subject) is not None and not is_automatic(email)
    return is_request and _send_link(email)


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
