"""Reports of mail servers and providers about an email. Each report takes effect once.

A provider's webhook is signed; a report in the bounce mailbox counts only for the email whose
Message-ID it carries, which cannot be guessed.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.dispatch import receiver
from django.utils import timezone

from accounts.mail.models import Message
from accounts.newsletter.campaigns.campaign_email import delivery_of
from accounts.newsletter.campaigns.models import Campaign, Delivery, Feedback, FeedbackType
from accounts.newsletter.campaigns.states import DeliveryState
from accounts.newsletter.subscribers.email_hash import hash_email, normalize_email
from accounts.newsletter.subscribers.models import Consent, Reason, Subscriber
from accounts.newsletter.subscribers.states import SUBSCRIBER, SubscriberState
from accounts.newsletter.subscribers.suppression import suppress
from accounts.newsletter.subscribers.unsubscribe import unsubscribe, unsubscribed

#: After so many soft bounces in a row an address is suppressed.
MAX_SOFT_BOUNCES = 3
#: Reports that came by email, rather than from the provider itself, start with this.
BY_EMAIL = "email:"
_ADDRESS = re.compile(r"[^\s<>:;,]+@[^\s<>:;,]+")


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
    delivery, message = _find(message_id)
    address = normalize_email(email) or _recipient(delivery, message)
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
    rows, name = Feedback.objects, event_id[:200]
    row, is_new = rows.get_or_create(provider=provider, event_id=name, defaults=values)
    if is_new:
        _act(row, address, delivery, message, campaign_key)
    return is_new


def _act(
    row: Feedback,
    address: str,
    delivery: Delivery | None,
    message: Message | None,
    campaign_key: str,
) -> None:
    before = _earlier_types(row)
    if delivery:
        _mark_sent(delivery, row.at)
        campaign_key = campaign_key or delivery.campaign.key
    if message and row.type in (FeedbackType.HARD, FeedbackType.SOFT):
        # Only shown to staff: a customer is owed emails about an order, and a server that rejects
        # today may accept tomorrow.
        Message.objects.filter(pk=message.pk).update(
            bounced_at=row.at, bounce_reason=row.detail or row.get_type_display()
        )
    if row.type == FeedbackType.UNSUBSCRIBED:
        if subscriber := Subscriber.objects.filter(email=address).first():
            how = "by email" if row.event_id.startswith(BY_EMAIL) else f"at {row.provider}"
            unsubscribe(subscriber, how=how, campaign_key=campaign_key)
    else:
        _ACTIONS[row.type](row, address, before)
    if delivery:  # after the subscriber: unsubscribing locks both in this order, too
        _count(delivery, before, before | {row.type})


@receiver(unsubscribed)
def count_unsubscribed(campaign_key: str, **_: Any) -> str:
    """Count an unsubscribe from a campaign; return the campaign's title."""
    rows = Campaign.objects.filter(key=campaign_key)
    rows.update(unsubscribed=F("unsubscribed") + 1)
    return rows.values_list("title", flat=True).first() or ""


@transaction.atomic
def accepted(message_id: str, at: datetime | None = None) -> None:
    """Record that a provider accepted an email and is still trying to deliver it."""
    if delivery := _locked_delivery(message_id):
        _mark_sent(delivery, at or timezone.now())


def _locked_delivery(message_id: str) -> Delivery | None:
    pk = delivery_of(message_id)
    if pk is None:
        return None
    rows = Delivery.objects.select_for_update(of=("self",)).select_related("subscriber")
    return rows.filter(pk=pk).first()


def _find(message_id: str) -> tuple[Delivery | None, Message | None]:
    """Return the email with a Message-ID: of a campaign, or of the outbox."""
    if delivery := _locked_delivery(message_id):
        return delivery, None
    return None, Message.objects.filter(message_id=message_id).first() if message_id else None


def _recipient(delivery: Delivery | None, message: Message | None) -> str:
    if delivery and delivery.subscriber:
        return delivery.subscriber.email
    return normalize_email(message.recipient) if message else ""


def _without_addresses(detail: str) -> str:
    """Servers repeat the address in their answer, of which only the hash is stored. NUL, which
    PostgreSQL does not take, is removed too."""
    return " ".join(_ADDRESS.sub("…", detail.replace("\0", "")).split())[:200]


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


# --- The delivery and its campaign ---------------------------------------------------------------


def _mark_sent(delivery: Delivery, at: datetime) -> None:
    """Whatever a server reports about an email, it was handed over: it is uncertain no more."""
    if delivery.state in (DeliveryState.UNCERTAIN, DeliveryState.SENDING):
        delivery.state, delivery.sent_at, delivery.reason = DeliveryState.SENT, at, ""
        delivery.save(update_fields=["state", "sent_at", "reason"])


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


def _count(delivery: Delivery, before: set[str], after: set[str]) -> None:
    old, new = _totals(before), _totals(after)
    changes = {name: F(name) + new[name] - old[name] for name in new if new[name] != old[name]}
    if changes:
        Campaign.objects.filter(pk=delivery.campaign_id).update(**changes)


# --- The address and its subscriber --------------------------------------------------------------


def _locked(address: str) -> Subscriber | None:
    return Subscriber.objects.select_for_update().filter(email=address).first()


def _block(subscriber: Subscriber | None, what: str, detail: str) -> None:
    """Block a subscriber. One who unsubscribed stays unsubscribed."""
    if subscriber is None:
        return
    subscriber.events.create(what=what, note=detail)
    if subscriber.state == SubscriberState.ACTIVE:
        SUBSCRIBER.check(subscriber.state, SubscriberState.BLOCKED)
        subscriber.state = SubscriberState.BLOCKED
    subscriber.soft_bounces = 0
    subscriber.save(update_fields=["state", "soft_bounces"])


def _delivered(row: Feedback, address: str, before: set[str]) -> None:
    Subscriber.objects.filter(email=address, soft_bounces__gt=0).update(soft_bounces=0)


def _soft(row: Feedback, address: str, before: set[str]) -> None:
    """Count a soft bounce; one email counts once, and not after a final report."""
    if before & {FeedbackType.SOFT, FeedbackType.DELIVERED, FeedbackType.HARD}:
        return
    subscriber = _locked(address)
    if subscriber is None:
        return
    subscriber.soft_bounces += 1
    if subscriber.soft_bounces < MAX_SOFT_BOUNCES:
        subscriber.save(update_fields=["soft_bounces"])
        return
    suppress(address, Reason.SOFT_BOUNCES, note=row.detail)
    _block(subscriber, "three soft bounces in a row", row.detail)


def _hard(row: Feedback, address: str, before: set[str]) -> None:
    suppress(address, Reason.HARD_BOUNCE, note=row.detail)
    _block(_locked(address), "hard bounce", row.detail)


def _complaint(row: Feedback, address: str, before: set[str]) -> None:
    """A spam complaint ends every consent."""
    suppress(address, Reason.COMPLAINT, note=row.detail)
    _block(_locked(address), "spam complaint", row.detail)
    Consent.objects.filter(email_hash=row.email_hash, withdrawn_at=None).update(
        withdrawn_at=row.at, withdrawn_how="spam complaint"
    )


_ACTIONS: dict[str, Callable[[Feedback, str, set[str]], None]] = {
    FeedbackType.DELIVERED: _delivered,
    FeedbackType.SOFT: _soft,
    FeedbackType.HARD: _hard,
    FeedbackType.COMPLAINT: _complaint,
}
