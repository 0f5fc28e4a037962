"""Where mail providers report back and hand over inbound mail: anymail reads, we decide.

An address answers only once its secret is set. What is forged, stale or no report at all gets a
400 and changes nothing; an error of ours is a 500, after which providers try again.
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

from accounts.newsletter import feedback
from accounts.newsletter.inbound import take
from accounts.newsletter.models import FeedbackKind
from accounts.newsletter.statuses import kind_of, status_in

#: Mailgun tries for eight hours; what is older was recorded by somebody (seconds).
STALE_AFTER = 12 * 3600
CLOCKS_DIFFER = 300  # seconds


@contextmanager
def _refusing() -> Iterator[None]:
    """Raise AnymailWebhookValidationFailure (400) for what cannot be read as a report."""
    try:
        yield
    except (
        AnymailConfigurationError,  # the other address of this provider was meant
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as problem:
        name = type(problem).__name__
        raise AnymailWebhookValidationFailure(f"not a report ({name})") from problem


class _Strict:
    """A report that cannot be read is refused, not an error of ours."""

    def run_validators(self, request: HttpRequest) -> None:
        """Raise AnymailWebhookValidationFailure unless somebody we know sent this."""
        with _refusing():
            super().run_validators(request)  # type: ignore[misc]

    def parse_events(self, request: HttpRequest) -> list[Any]:
        """Return the events of a request."""
        with _refusing():
            return super().parse_events(request)  # type: ignore[misc]


class _Fresh:
    """Mailgun signs the moment too: a recorded report is refused when it comes again late."""

    def validate_request(self, request: HttpRequest) -> None:
        """Raise AnymailWebhookValidationFailure for a moment that is too old, or to come."""
        if request.content_type == "application/json":
            signed = json.loads(request.body)["signature"]["timestamp"]
        else:
            signed = request.POST["timestamp"]
        age = time.time() - int(signed)
        if not -CLOCKS_DIFFER <= age <= STALE_AFTER:
            raise AnymailWebhookValidationFailure("stale")


class _MailgunTracking(_Strict, _Fresh, MailgunTrackingWebhookView):
    pass


class _MailgunInbound(_Strict, _Fresh, MailgunInboundWebhookView):
    pass


class _PostmarkTracking(_Strict, PostmarkTrackingWebhookView):
    pass


class _PostmarkInbound(_Strict, PostmarkInboundWebhookView):
    pass


#: Provider: the setting of anymail without which nobody is believed, and its two views.
_PROVIDERS = {
    "mailgun": ("MAILGUN_WEBHOOK_SIGNING_KEY", _MailgunTracking, _MailgunInbound),
    "postmark": ("WEBHOOK_SECRET", _PostmarkTracking, _PostmarkInbound),
}


@csrf_exempt
def reports(request: HttpRequest, provider: str) -> HttpResponse:
    """Take a provider's report of what became of a letter."""
    return _view(provider, 1)(request)


@csrf_exempt
def mail(request: HttpRequest, provider: str) -> HttpResponse:
    """Take a mail that somebody wrote to us, from the provider that received it."""
    return _view(provider, 2)(request)


def _view(provider: str, which: int) -> Any:
    found = _PROVIDERS.get(provider)
    if found is None or not settings.ANYMAIL.get(found[0]):
        raise Http404
    return found[which].as_view()  # type: ignore[union-attr]


# --- From anymail's words to ours ---------------------------------------------------------------

#: What a provider sends no mail for any more, and why.
_REFUSED = {
    RejectReason.INVALID: FeedbackKind.HARD,
    RejectReason.BOUNCED: FeedbackKind.HARD,
    RejectReason.SPAM: FeedbackKind.COMPLAINT,
    RejectReason.UNSUBSCRIBED: FeedbackKind.LEFT,
}
_PLAIN = {
    EventType.DELIVERED: FeedbackKind.DELIVERED,
    EventType.COMPLAINED: FeedbackKind.COMPLAINT,
    EventType.UNSUBSCRIBED: FeedbackKind.LEFT,
}
#: Postmark says it in a word of its own, which anymail does not keep apart from a hard bounce.
_SOFT_TYPES = {"SoftBounce", "VirusNotification"}


def kind_of_event(event: AnymailTrackingEvent) -> FeedbackKind | None:
    """Return what a report says of the address, or None where it says nothing.

    A letter that is only delayed is no refusal; who opened or clicked what is not asked.
    """
    if event.event_type in _PLAIN:
        return _PLAIN[event.event_type]
    if event.event_type == EventType.REJECTED:
        return _REFUSED.get(event.reject_reason, FeedbackKind.SOFT)
    if event.event_type != EventType.BOUNCED:
        return None
    if isinstance(event.esp_event, dict) and event.esp_event.get("Type") in _SOFT_TYPES:
        return FeedbackKind.SOFT
    if status := status_in(f"{event.mta_response or ''} {event.description or ''}"):
        return kind_of(status)
    return _REFUSED.get(event.reject_reason, FeedbackKind.SOFT)


def _name_of(event: AnymailTrackingEvent) -> str:
    """A report's own name: what it says, so that one posted twice is one. (Mailgun's token may
    change when it posts again, Postmark numbers only its bounces.)"""
    moment = event.timestamp.isoformat() if event.timestamp else event.event_id
    said = (event.event_type, event.message_id, event.recipient, moment)
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


@receiver(tracking)
def reported(event: AnymailTrackingEvent, esp_name: str, **kwargs: Any) -> None:
    """Note one report of a provider. The letter's name travels as metadata: some providers give
    it another Message-ID."""
    letter = str((event.metadata or {}).get("letter") or event.message_id or "")
    kind = kind_of_event(event)
    if kind is None:
        if event.event_type == EventType.DEFERRED:
            feedback.handed_over(letter, event.timestamp)
        return
    feedback.note(
        esp_name.lower(),
        _name_of(event),
        kind,
        event.recipient or "",
        letter=letter,
        detail=event.mta_response or event.description or "",
        at=event.timestamp,
    )


@receiver(inbound)
def received(event: AnymailInboundEvent, esp_name: str, **kwargs: Any) -> None:
    """Look at one mail that came to us: the token of the request names it."""
    take(event.message, provider=esp_name.lower(), event_id=str(event.event_id))
