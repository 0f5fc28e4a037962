"""Reports of mail servers and providers about an email. Each report takes effect once.

A provider's webhook is signed; a report in the bounce mailbox counts only for the email whose
Message-ID it carries, which cannot be guessed.

Rows are locked in one order, here and wherever a subscriber changes: the subscriber, the delivery,
the suppression, the campaign.
"""

import re
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.dispatch import receiver
from django.utils import timezone

from accounts.email_addresses import hash_email, normalize_email
from accounts.mail.inbound.processing import report_received
from accounts.mail.inbound.reports import BY_EMAIL, FeedbackType, Report
from accounts.mail.models import Message
from accounts.newsletter.campaigns.campaign_email import delivery_of
from accounts.newsletter.campaigns.models import Campaign, Delivery, DeliveryState, Feedback
from accounts.newsletter.subscribers.models import (
    SUBSCRIBER,
    Consent,
    Reason,
    Subscriber,
    SubscriberState,
)
from accounts.newsletter.subscribers.unsubscribe import suppress, unsubscribe, unsubscribed
from microflight.core.card_numbers import redact_card_numbers

#: After so many soft bounces in a row an address is suppressed.
MAX_SOFT_BOUNCES = 3
_ADDRESS = re.compile(r"[^\s<>:;,]+@[^\s<>:;,]+")
#: Reports that end emails to an address: why, and what its history says.
_BLOCKS = {
    FeedbackType.SOFT: (Reason.SOFT_BOUNCES, "three soft bounces in a row"),
    FeedbackType.HARD: (Reason.HARD_BOUNCE, "hard bounce"),
    FeedbackType.COMPLAINT: (Reason.COMPLAINT, "spam complaint"),
}


@receiver(report_received)
def note_report(report: Report, **_: Any) -> None:
    """Act on one report."""
    if report.type is None:
        accepted(report.message_id, report.at)
        return
    note(
        report.provider,
        report.event_id,
        report.type,
        report.recipient,
        message_id=report.message_id,
        detail=report.detail,
        at=report.at,
    )


@transaction.atomic
def note(
    provider: str,
    event_id: str,
    kind: FeedbackType,
    email: str = "",
    *,
    message_id: str = "",
    campaign_key: str = "",
    detail: str = "",
    at: datetime | None = None,
) -> bool:
    """Store one report and act on it; return whether it was new. `event_id` names it at its
    provider, `message_id` the email; `email` is by default the one that it went to."""
    delivery, message, recipient = _find(message_id)
    address = normalize_email(email or recipient)
    if not address:
        return False
    values = {
        "type": kind,
        "email_hash": hash_email(address),
        "delivery_id": delivery and delivery.pk,
        "message_id": message and message.pk,
        "detail": _without_addresses(detail),
        "at": at or timezone.now(),
    }
    report = {"provider": provider, "event_id": event_id[:200]}
    row, is_new = Feedback.objects.get_or_create(values, **report)
    if is_new:
        _act(row, address, campaign_key)
    return is_new


def _find(message_id: str) -> tuple[Delivery | None, Message | None, str]:
    """Return the email with a Message-ID, of a campaign or of the outbox, and its recipient."""
    rows = Delivery.objects.filter(pk=delivery_of(message_id) or 0).select_related("subscriber")
    if delivery := rows.first():
        return delivery, None, delivery.subscriber.email if delivery.subscriber else ""
    message = Message.objects.filter(message_id=message_id or None).first()
    return None, message, message.recipient if message else ""


def _without_addresses(detail: str) -> str:
    """Servers repeat the address in their answer, of which only the hash is stored. NUL, which
    PostgreSQL does not take, is removed too."""
    shown = redact_card_numbers(_ADDRESS.sub("…", detail.replace("\0", "")))
    return " ".join(shown.split())[:200]


def _act(row: Feedback, address: str, campaign_key: str) -> None:
    before = _earlier_types(row)
    subscriber = Subscriber.objects.select_for_update().filter(email=address).first()
    delivery = _mark_sent(row.delivery_id, row.at)
    if row.type in (FeedbackType.HARD, FeedbackType.SOFT):
        # Only shown to staff: a customer is owed emails about an order, and a server that rejects
        # today may accept tomorrow.
        Message.objects.filter(pk=row.message_id or 0).update(
            bounced_at=row.at, bounce_reason=row.detail or row.get_type_display()
        )
    if row.type != FeedbackType.UNSUBSCRIBED:
        _update_subscriber(row, address, subscriber, before)
    elif subscriber:
        how = "by email" if row.event_id.startswith(BY_EMAIL) else f"at {row.provider}"
        key = campaign_key or (delivery.campaign.key if delivery else "")
        unsubscribe(subscriber, how=how, campaign_key=key)
    if delivery:
        _count(delivery, before, before | {row.type})


def _earlier_types(row: Feedback) -> set[str]:
    """Return what was reported about the same email before."""
    earlier = Feedback.objects.exclude(pk=row.pk)
    if row.delivery_id:
        earlier = earlier.filter(delivery_id=row.delivery_id)
    elif row.message_id:
        earlier = earlier.filter(message_id=row.message_id)
    else:
        return set()
    return set(earlier.values_list("type", flat=True))


@transaction.atomic
def accepted(message_id: str, at: datetime | None = None) -> None:
    """Record that a provider accepted an email and is still trying to deliver it."""
    _mark_sent(delivery_of(message_id), at or timezone.now())


def _mark_sent(pk: int | None, at: datetime) -> Delivery | None:
    """Return a delivery, locked. Whatever a server reports about an email, it was handed over: it
    is uncertain no more."""
    rows = Delivery.objects.select_for_update(of=("self",)).select_related("campaign")
    delivery = rows.defer("campaign__source", "campaign__body_text", "campaign__body_html")
    row = delivery.filter(pk=pk or 0).first()
    if row and row.state in (DeliveryState.UNCERTAIN, DeliveryState.SENDING):
        row.state, row.sent_at, row.reason = DeliveryState.SENT, at, ""
        row.save(update_fields=["state", "sent_at", "reason"])
    return row


def _count(delivery: Delivery, before: set[str], after: set[str]) -> None:
    old, new = _totals(before), _totals(after)
    changes = {name: F(name) + new[name] - old[name] for name in new if new[name] != old[name]}
    if changes:
        Campaign.objects.filter(pk=delivery.campaign_id).update(**changes)


def _totals(types: set[str]) -> dict[str, int]:
    """Return what one email adds to its campaign, in whichever order its reports came.

    One that was accepted and returned later is bounced; a soft bounce that was accepted after all
    is delivered.
    """
    delivered, hard = FeedbackType.DELIVERED in types, FeedbackType.HARD in types
    return {
        "delivered": int(delivered and not hard),
        "bounced": int(hard or (FeedbackType.SOFT in types and not delivered)),
        "complained": int(FeedbackType.COMPLAINT in types),
    }


@receiver(unsubscribed)
def count_unsubscribed(campaign_key: str, **_: Any) -> str:
    """Count an unsubscribe from a campaign; return the campaign's title."""
    rows = Campaign.objects.filter(key=campaign_key)
    rows.update(unsubscribed=F("unsubscribed") + 1)
    return rows.values_list("title", flat=True).first() or ""


def _update_subscriber(
    row: Feedback, address: str, subscriber: Subscriber | None, before: set[str]
) -> None:
    """Count soft bounces; block the address where it has to be. A complaint ends every consent."""
    if row.type == FeedbackType.DELIVERED:
        Subscriber.objects.filter(email=address, soft_bounces__gt=0).update(soft_bounces=0)
        return
    if row.type == FeedbackType.SOFT:
        final = {FeedbackType.SOFT, FeedbackType.DELIVERED, FeedbackType.HARD}
        if subscriber is None or before & final:  # one email counts once
            return
        subscriber.soft_bounces += 1
        subscriber.save(update_fields=["soft_bounces"])
        if subscriber.soft_bounces < MAX_SOFT_BOUNCES:
            return
    reason, what = _BLOCKS[FeedbackType(row.type)]
    suppress(address, reason, note=row.detail)
    if row.type == FeedbackType.COMPLAINT:
        Consent.objects.filter(email_hash=row.email_hash, withdrawn_at=None).update(
            withdrawn_at=row.at, withdrawn_how=what
        )
    if subscriber is None:
        return
    subscriber.events.create(what=what, note=row.detail)
    if subscriber.state == SubscriberState.ACTIVE:  # one who unsubscribed stays unsubscribed
        SUBSCRIBER.check(subscriber.state, SubscriberState.BLOCKED)
        subscriber.state = SubscriberState.BLOCKED
    subscriber.soft_bounces = 0
    subscriber.save(update_fields=["state", "soft_bounces"])
