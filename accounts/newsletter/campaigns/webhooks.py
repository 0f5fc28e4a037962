"""Webhooks of email providers, for reports and inbound email. anymail parses the requests.

A URL is active only if its secret is set. Forged, stale and unreadable requests get a 400 and
change nothing. Our own errors are a 500, and providers try again.
"""

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from anymail.exceptions import AnymailConfigurationError, AnymailWebhookValidationFailure
from anymail.signals import (
    AnymailInboundEvent,
    AnymailTrackingEvent,
    EventType,
    RejectReason,
    inbound,
    tracking,
)
from anymail.webhooks.mailgun import MailgunInboundWebhookView, MailgunTrackingWebhookView
from anymail.webhooks.postmark import PostmarkInboundWebhookView, PostmarkTrackingWebhookView
from django.conf import settings
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from accounts.newsletter.campaigns import feedback
from accounts.newsletter.campaigns.bounce_reports import status_in, type_of_status
from accounts.newsletter.campaigns.inbound import process
from accounts.newsletter.campaigns.models import FeedbackType

MAX_AGE = 12 * 3600  # seconds; Mailgun tries for eight hours
CLOCK_SKEW = 300  # seconds


@contextmanager
def _rejecting() -> Iterator[None]:
    """Raise AnymailWebhookValidationFailure (400) for what cannot be read as a report."""
    try:
        yield
    except (
        AnymailConfigurationError,  # the other URL of this provider was meant
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        name = type(error).__name__
        raise AnymailWebhookValidationFailure(f"not a report ({name})") from error


class _Strict:
    """Rejects an unreadable report with a 400, instead of failing with a 500."""

    def run_validators(self, request: HttpRequest) -> None:
        with _rejecting():
            super().run_validators(request)  # type: ignore[misc]

    def parse_events(self, request: HttpRequest) -> list[Any]:
        with _rejecting():
            return super().parse_events(request)  # type: ignore[misc]


class _Fresh(_Strict):
    """Mailgun signs the time too: a recorded report is rejected when it is replayed later."""

    def validate_request(self, request: HttpRequest) -> None:
        if request.content_type == "application/json":
            signed = json.loads(request.body)["signature"]["timestamp"]
        else:
            signed = request.POST["timestamp"]
        age = time.time() - int(signed)
        if not -CLOCK_SKEW <= age <= MAX_AGE:
            raise AnymailWebhookValidationFailure("stale")


class _MailgunTracking(_Fresh, MailgunTrackingWebhookView):
    pass


class _MailgunInbound(_Fresh, MailgunInboundWebhookView):
    pass


class _PostmarkTracking(_Strict, PostmarkTrackingWebhookView):
    pass


class _PostmarkInbound(_Strict, PostmarkInboundWebhookView):
    pass


#: Provider: the setting of anymail without which its URLs do not exist, and its two views.
_PROVIDERS = {
    "mailgun": ("MAILGUN_WEBHOOK_SIGNING_KEY", _MailgunTracking, _MailgunInbound),
    "postmark": ("WEBHOOK_SECRET", _PostmarkTracking, _PostmarkInbound),
}


def _view(provider: str, which: int) -> Any:
    found = _PROVIDERS.get(provider)
    if found is None or not settings.ANYMAIL.get(found[0]):
        raise Http404
    return found[which].as_view()  # type: ignore[union-attr]


@csrf_exempt
def tracking_webhook(request: HttpRequest, provider: str) -> HttpResponse:
    """Take a provider's report about an email."""
    return _view(provider, 1)(request)


@csrf_exempt
def inbound_webhook(request: HttpRequest, provider: str) -> HttpResponse:
    """Process an email to us, from the provider that received it."""
    return _view(provider, 2)(request)


#: Why a provider no longer sends to an address.
_REJECTED = {
    RejectReason.INVALID: FeedbackType.HARD,
    RejectReason.BOUNCED: FeedbackType.HARD,
    RejectReason.SPAM: FeedbackType.COMPLAINT,
    RejectReason.UNSUBSCRIBED: FeedbackType.UNSUBSCRIBED,
}
_PLAIN = {
    EventType.DELIVERED: FeedbackType.DELIVERED,
    EventType.COMPLAINED: FeedbackType.COMPLAINT,
    EventType.UNSUBSCRIBED: FeedbackType.UNSUBSCRIBED,
}
#: Postmark's own types, which anymail does not tell from a hard bounce.
_SOFT_TYPES = {"SoftBounce", "VirusNotification"}


def type_of_event(event: AnymailTrackingEvent) -> FeedbackType | None:
    """Return what a report says about the address; None for a delay, an open or a click."""
    if event.event_type in _PLAIN:
        return _PLAIN[event.event_type]
    if event.event_type == EventType.REJECTED:
        return _REJECTED.get(event.reject_reason, FeedbackType.SOFT)
    if event.event_type != EventType.BOUNCED:
        return None
    if isinstance(event.esp_event, dict) and event.esp_event.get("Type") in _SOFT_TYPES:
        return FeedbackType.SOFT
    if status := status_in(f"{event.mta_response or ''} {event.description or ''}"):
        return type_of_status(status)
    return _REJECTED.get(event.reject_reason, FeedbackType.SOFT)


@receiver(tracking)
def note_report(event: AnymailTrackingEvent, esp_name: str, **kwargs: Any) -> None:
    """Note one report. The Message-ID travels as metadata: some providers change it."""
    message_id = str((event.metadata or {}).get("delivery") or event.message_id or "")
    kind = type_of_event(event)
    if kind is None:
        if event.event_type == EventType.DEFERRED:
            feedback.accepted(message_id, event.timestamp)
        return
    # Known by its content: Mailgun's token may change when it posts again, and Postmark numbers
    # only bounces.
    moment = event.timestamp.isoformat() if event.timestamp else event.event_id
    said = json.dumps((event.event_type, event.message_id, event.recipient, moment))
    feedback.note(
        esp_name.lower(),
        hashlib.sha256(said.encode()).hexdigest(),
        kind,
        event.recipient or "",
        message_id=message_id,
        detail=event.mta_response or event.description or "",
        at=event.timestamp,
    )


@receiver(inbound)
def process_inbound(event: AnymailInboundEvent, esp_name: str, **kwargs: Any) -> None:
    """Process one email to us, named by the token of the request."""
    process(event.message, provider=esp_name.lower(), event_id=str(event.event_id))
