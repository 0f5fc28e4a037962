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

from accounts.mail.inbound.processing import process, report_received
from accounts.mail.inbound.reports import FeedbackType, Report, status_in, type_of_status

MAX_AGE = 12 * 3600  # seconds; Mailgun tries for eight hours
CLOCK_SKEW = 300  # seconds
#: What anymail raises for a request that is no report of this provider.
_UNREADABLE = (
    AnymailConfigurationError,  # the other URL of this provider was meant
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


@contextmanager
def _rejecting() -> Iterator[None]:
    """Reject (400) what cannot be read, instead of failing (500)."""
    try:
        yield
    except _UNREADABLE as error:
        name = type(error).__name__
        raise AnymailWebhookValidationFailure(f"not a report ({name})") from error


class _Strict:
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
        if not -CLOCK_SKEW <= time.time() - int(signed) <= MAX_AGE:
            raise AnymailWebhookValidationFailure("stale")


class _MailgunTracking(_Fresh, MailgunTrackingWebhookView):
    pass


class _MailgunInbound(_Fresh, MailgunInboundWebhookView):
    pass


class _PostmarkTracking(_Strict, PostmarkTrackingWebhookView):
    pass


class _PostmarkInbound(_Strict, PostmarkInboundWebhookView):
    pass


#: By what the URL is for and the provider: the setting without which it is not active, its view.
_VIEWS: dict[tuple[str, str], tuple[str, Any]] = {
    ("tracking", "mailgun"): ("MAILGUN_WEBHOOK_SIGNING_KEY", _MailgunTracking),
    ("inbound", "mailgun"): ("MAILGUN_WEBHOOK_SIGNING_KEY", _MailgunInbound),
    ("tracking", "postmark"): ("WEBHOOK_SECRET", _PostmarkTracking),
    ("inbound", "postmark"): ("WEBHOOK_SECRET", _PostmarkInbound),
}


@csrf_exempt
def webhook(request: HttpRequest, provider: str, what: str) -> HttpResponse:
    """Take a report about an email ("tracking"), or an email to us ("inbound")."""
    setting, view = _VIEWS.get((what, provider), ("", None))
    if not settings.ANYMAIL.get(setting):
        raise Http404
    return view.as_view()(request)


_PLAIN = {
    EventType.DELIVERED: FeedbackType.DELIVERED,
    EventType.COMPLAINED: FeedbackType.COMPLAINT,
    EventType.UNSUBSCRIBED: FeedbackType.UNSUBSCRIBED,
}
#: Why a provider no longer sends to an address.
_REJECTED = {
    RejectReason.INVALID: FeedbackType.HARD,
    RejectReason.BOUNCED: FeedbackType.HARD,
    RejectReason.SPAM: FeedbackType.COMPLAINT,
    RejectReason.UNSUBSCRIBED: FeedbackType.UNSUBSCRIBED,
}
#: Postmark's own types, which anymail does not tell from a hard bounce.
_SOFT_TYPES = {"SoftBounce", "VirusNotification"}


def _type_of_event(event: AnymailTrackingEvent) -> FeedbackType | None:
    """Return what a report says about the address; None for a delay, an open or a click."""
    rejected = _REJECTED.get(event.reject_reason, FeedbackType.SOFT)
    if event.event_type == EventType.REJECTED:
        return rejected
    if event.event_type != EventType.BOUNCED:
        return _PLAIN.get(event.event_type)
    if isinstance(event.esp_event, dict) and event.esp_event.get("Type") in _SOFT_TYPES:
        return FeedbackType.SOFT
    status = status_in(f"{event.mta_response or ''} {event.description or ''}")
    return type_of_status(status) if status else rejected


@receiver(tracking)
def note_report(event: AnymailTrackingEvent, esp_name: str, **kwargs: Any) -> None:
    """Pass one report on. The Message-ID travels as metadata: some providers change it."""
    kind = _type_of_event(event)
    if kind is None and event.event_type != EventType.DEFERRED:
        return
    # Known by its content: Mailgun's token may change when it posts again, and Postmark numbers
    # only bounces.
    moment = event.timestamp.isoformat() if event.timestamp else event.event_id
    said = json.dumps((event.event_type, event.message_id, event.recipient, moment))
    report = Report(
        provider=esp_name.lower(),
        event_id=hashlib.sha256(said.encode()).hexdigest(),
        message_id=str((event.metadata or {}).get("delivery") or event.message_id or ""),
        type=kind,
        detail=event.mta_response or event.description or "",
        recipient=event.recipient or "",
        at=event.timestamp,
    )
    report_received.send(note_report, report=report)


@receiver(inbound)
def process_inbound(event: AnymailInboundEvent, esp_name: str, **kwargs: Any) -> None:
    """Process one email to us, named by the token of the request."""
    process(event.message, provider=esp_name.lower(), event_id=str(event.event_id))
