"""What became of a letter, as providers and mail servers report it: each report acts once.

Whoever reports must be believed first: a provider's webhook is signed, and a report in the bounce
mailbox counts only for the letter whose name (Message-ID) it carries, which cannot be guessed.
"""

import re
from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.mail.models import Message
from accounts.newsletter.campaigns.message_ids import delivery_of
from accounts.newsletter.leaving import leave
from accounts.newsletter.models import (
    Campaign,
    Consent,
    Delivery,
    Feedback,
    FeedbackKind,
    Reason,
    Subscriber,
    digest_of,
    normal,
)
from accounts.newsletter.states import DELIVERY, SUBSCRIBER, DeliveryState, SubscriberState
from accounts.newsletter.suppression import suppress

#: So many letters in a row that were refused for now, and the address gets no more.
SOFT_LIMIT = 3
#: Reports that somebody wrote to us, rather than the provider itself, are named so.
BY_MAIL = "mail:"
_ADDRESS = re.compile(r"[^\s<>:;,]+@[^\s<>:;,]+")


@transaction.atomic
def note(
    provider: str,
    event_id: str,
    kind: FeedbackKind,
    email: str = "",
    *,
    letter: str = "",
    campaign: Campaign | None = None,
    detail: str = "",
    at: datetime | None = None,
) -> bool:
    """Write down one report and do what follows from it; tell whether it was new.

    `event_id` names the report at its provider: a second one with the same name changes nothing.
    `letter` is the Message-ID of the letter, where the report knows it, or `campaign` what it was
    one of; `email` the address that it speaks of, by default the one that the letter went to.
    What names neither letter nor address is passed over.
    """
    delivery = _delivery(letter)
    message = None if delivery else _message(letter)
    address = normal(email) or _recipient(delivery, message)
    if not address:
        return False
    row, is_new = Feedback.objects.get_or_create(
        provider=provider,
        event_id=event_id[:200],
        defaults={
            "kind": kind,
            "digest": digest_of(address),
            "delivery_id": delivery.pk if delivery else None,
            "message_id": message.pk if message else None,
            "detail": _without_addresses(detail),
            "at": at or timezone.now(),
        },
    )
    if is_new:
        _act(row, address, delivery, message, campaign)
    return is_new


def _act(
    row: Feedback,
    address: str,
    delivery: Delivery | None,
    message: Message | None,
    campaign: Campaign | None,
) -> None:
    """Do what follows from a new report."""
    before = _kinds(row)
    if delivery:
        _settle(delivery, row.at)
    if message and row.kind in (FeedbackKind.HARD, FeedbackKind.SOFT):
        _came_back(message, row)
    if row.kind == FeedbackKind.LEFT:
        _leave(row, address, delivery.campaign if delivery else campaign)
    else:
        _ACTS[row.kind](row, address, before)
    if delivery:  # after the reader: whoever leaves locks reader and campaign in this order, too
        _count(delivery, before, before | {row.kind})


@transaction.atomic
def handed_over(letter: str, at: datetime | None = None) -> None:
    """A provider knows a letter and still tries: it was handed over, and nothing else is said."""
    if delivery := _delivery(letter):
        _settle(delivery, at or timezone.now())


def _delivery(letter: str) -> Delivery | None:
    """The campaign's letter with this Message-ID, locked: two reports of it take turns."""
    pk = delivery_of(letter)
    if pk is None:
        return None
    rows = Delivery.objects.select_for_update(of=("self",)).select_related("subscriber")
    return rows.filter(pk=pk).first()


def _message(letter: str) -> Message | None:
    """The outbox's letter with this Message-ID."""
    return Message.objects.filter(message_id=letter).first() if letter else None


def _recipient(delivery: Delivery | None, message: Message | None) -> str:
    if delivery and delivery.subscriber:
        return delivery.subscriber.email
    return normal(message.recipient) if message else ""


def _without_addresses(detail: str) -> str:
    """Servers repeat the address in their answer; of it only the digest is kept. NUL, which
    PostgreSQL does not take, goes too."""
    return " ".join(_ADDRESS.sub("…", detail.replace("\0", "")).split())[:200]


def _kinds(row: Feedback) -> set[str]:
    """What was reported of the same letter before."""
    earlier = Feedback.objects.exclude(pk=row.pk)
    if row.delivery_id:
        earlier = earlier.filter(delivery_id=row.delivery_id)
    elif row.message_id:
        earlier = earlier.filter(message_id=row.message_id)
    else:
        return set()
    return set(earlier.values_list("kind", flat=True))


# --- The letter and its campaign ----------------------------------------------------------------


def _settle(delivery: Delivery, at: datetime) -> None:
    """Whatever a server reports about an email, it was handed over: it is uncertain no more."""
    if delivery.state in (DeliveryState.UNCERTAIN, DeliveryState.SENDING):
        DELIVERY.check(delivery.state, DeliveryState.SENT)
        delivery.state, delivery.sent_at, delivery.reason = DeliveryState.SENT, at, ""
        delivery.save(update_fields=["state", "sent_at", "reason"])


def _standing(kinds: set[str]) -> dict[str, int]:
    """What one letter adds to its campaign's totals, in whichever order its reports came.

    A letter that was taken and returned later counts as returned; one that was refused for now
    and taken after all counts as delivered.
    """
    delivered, hard = FeedbackKind.DELIVERED in kinds, FeedbackKind.HARD in kinds
    return {
        "delivered": int(delivered and not hard),
        "bounced": int(hard or (FeedbackKind.SOFT in kinds and not delivered)),
        "complained": int(FeedbackKind.COMPLAINT in kinds),
    }


def _count(delivery: Delivery, before: set[str], after: set[str]) -> None:
    old, new = _standing(before), _standing(after)
    changes = {name: F(name) + new[name] - old[name] for name in new if new[name] != old[name]}
    if changes:
        Campaign.objects.filter(pk=delivery.campaign_id).update(**changes)


def _came_back(message: Message, row: Feedback) -> None:
    """Show staff that a letter about an order or an account did not arrive.

    Nothing else: the address is not shut out from such letters. Who bought something is owed
    them, a server that refuses today may be mended tomorrow, and the customer may still read the
    address's other mail; staff ring up or correct the address.
    """
    Message.objects.filter(pk=message.pk).update(
        returned_at=row.at, returned_why=row.detail or row.get_kind_display()
    )


# --- The address and its subscriber -------------------------------------------------------------


def _subscriber(address: str) -> Subscriber | None:
    return Subscriber.objects.select_for_update().filter(email=address).first()


def _block(subscriber: Subscriber | None, what: str, detail: str) -> None:
    """Stop the letters of somebody who gets some. Who has left stays somebody who left."""
    if subscriber is None:
        return
    subscriber.events.create(what=what, note=detail)
    if subscriber.state == SubscriberState.ACTIVE:
        SUBSCRIBER.check(subscriber.state, SubscriberState.BLOCKED)
        subscriber.state = SubscriberState.BLOCKED
    subscriber.soft_bounces = 0  # who proves the address anew starts anew
    subscriber.save(update_fields=["state", "soft_bounces"])


def _delivered(row: Feedback, address: str, before: set[str]) -> None:
    """The address works: the row of refusals is broken."""
    Subscriber.objects.filter(email=address, soft_bounces__gt=0).update(soft_bounces=0)


def _soft(row: Feedback, address: str, before: set[str]) -> None:
    """One letter more that was refused for now; a letter counts once, and a settled one no more."""
    if before & {FeedbackKind.SOFT, FeedbackKind.DELIVERED, FeedbackKind.HARD}:
        return
    subscriber = _subscriber(address)
    if subscriber is None:
        return
    subscriber.soft_bounces += 1
    if subscriber.soft_bounces < SOFT_LIMIT:
        subscriber.save(update_fields=["soft_bounces"])
        return
    suppress(address, Reason.SOFT_BOUNCES, note=row.detail)
    _block(subscriber, "refused three times in a row", row.detail)


def _hard(row: Feedback, address: str, before: set[str]) -> None:
    """The address does not exist: no campaign is sent to it again."""
    suppress(address, Reason.HARD_BOUNCE, note=row.detail)
    _block(_subscriber(address), "address refused", row.detail)


def _complaint(row: Feedback, address: str, before: set[str]) -> None:
    """Somebody calls our letter spam: whatever they agreed to once has ended."""
    suppress(address, Reason.COMPLAINT, note=row.detail)
    _block(_subscriber(address), "reported as spam", row.detail)
    Consent.objects.filter(digest=row.digest, withdrawn_at=None).update(
        withdrawn_at=row.at, withdrawn_how="reported as spam"
    )


def _leave(row: Feedback, address: str, campaign: Campaign | None) -> None:
    """They asked to leave where we could not see it: at the provider, or by mail."""
    if subscriber := Subscriber.objects.filter(email=address).first():
        by_mail = row.event_id.startswith(BY_MAIL)
        leave(subscriber, how="by mail" if by_mail else f"at {row.provider}", campaign=campaign)


_Act = Callable[[Feedback, str, set[str]], None]
_ACTS: dict[str, _Act] = {
    FeedbackKind.DELIVERED: _delivered,
    FeedbackKind.SOFT: _soft,
    FeedbackKind.HARD: _hard,
    FeedbackKind.COMPLAINT: _complaint,
}
