"""What subscribers change themselves, by a link or in their account."""

from collections.abc import Iterable, Mapping
from datetime import date

from django.db import transaction
from django.utils import timezone

from accounts.newsletter.subscribers.consent_texts import CONSENT_TEXTS
from accounts.newsletter.subscribers.models import Source, Subscriber, Topic
from accounts.newsletter.subscribers.states import SubscriberState
from accounts.newsletter.subscribers.subscriptions import DETAILS, store_consent


@transaction.atomic
def choose_topics(subscriber: Subscriber, slugs: Iterable[str], *, ip: str = "") -> None:
    """Send campaigns about these topics only. A new topic is a consent of its own.

    Topics that are no longer offered stay. Does nothing for a person who unsubscribed.
    """
    row = _active(subscriber)
    if row is None:
        return
    offered = {topic.slug: topic for topic in Topic.objects.filter(is_active=True)}
    wanted = [topic for slug, topic in offered.items() if slug in set(slugs)]
    before = set(row.topics.values_list("pk", flat=True))
    row.topics.remove(*(topic for topic in offered.values() if topic not in wanted))
    row.topics.add(*wanted)
    names = [topic.slug for topic in wanted]
    if any(topic.pk not in before for topic in wanted):
        consent = store_consent(row, names, Source.ACCOUNT, CONSENT_TEXTS[Source.ACCOUNT], ip)
        consent.confirmed_at, consent.confirmed_network = timezone.now(), consent.network
        consent.save(update_fields=["confirmed_at", "confirmed_network"])
    row.events.create(what="topics changed", note=", ".join(names)[:200])


@transaction.atomic
def pause(subscriber: Subscriber, until: date | None) -> None:
    """Pause emails until a day; None ends the pause."""
    if row := _active(subscriber):
        row.paused_until = until
        row.save(update_fields=["paused_until"])
        row.events.create(what=f"paused until {until:%Y-%m-%d}" if until else "pause ended")


@transaction.atomic
def update_details(subscriber: Subscriber, details: Mapping[str, str]) -> None:
    """Store optional details; an empty value deletes what was there.

    Possible in every state: people who unsubscribed may still correct and delete. The log names no
    values.
    """
    row = Subscriber.objects.select_for_update().filter(pk=subscriber.pk).first()
    if row is None:
        return
    changed = [name for name in DETAILS if name in details and getattr(row, name) != details[name]]
    for name in changed:
        setattr(row, name, details[name])
    if changed:
        row.save(update_fields=changed)
        row.events.create(what="details changed", note=", ".join(changed))


@transaction.atomic
def count_clicks(subscriber: Subscriber, agreed: bool) -> None:
    """Count which links a subscriber clicks, or stop counting."""
    row = _active(subscriber)
    if row is not None and row.clicks_counted != agreed:
        row.clicks_counted = agreed
        row.save(update_fields=["clicks_counted"])
        row.events.create(what="click counting on" if agreed else "click counting off")


def _active(subscriber: Subscriber) -> Subscriber | None:
    """Return the locked row of an active subscriber."""
    rows = Subscriber.objects.select_for_update()
    return rows.filter(pk=subscriber.pk, state=SubscriberState.ACTIVE).first()
