"""What subscribers change themselves, by a link or in their account."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.newsletter.subscribers.consent_texts import CONSENT_TEXTS
from accounts.newsletter.subscribers.models import (
    DETAILS,
    Source,
    Subscriber,
    SubscriberState,
    Topic,
)
from accounts.newsletter.subscribers.subscriptions import store_consent


@transaction.atomic
def choose_topics(subscriber: Subscriber, slugs: Iterable[str], *, ip: str = "") -> None:
    """Send campaigns about these topics only. A new topic is a consent of its own.

    Topics that are no longer offered stay. Does nothing for a person who unsubscribed.
    """
    row = _active(subscriber)
    if row is None:
        return
    offered = Topic.objects.filter(is_active=True)
    wanted = list(offered.filter(slug__in=slugs))
    before = set(row.topics.all())
    row.topics.set([*before.difference(offered), *wanted])
    names = [topic.slug for topic in wanted]
    if not before.issuperset(wanted):
        source = Source.ACCOUNT
        consent = store_consent(row, topics=names, source=source, text=CONSENT_TEXTS[source], ip=ip)
        consent.confirmed_at, consent.confirmed_network = timezone.now(), consent.network
        consent.save(update_fields=["confirmed_at", "confirmed_network"])
    row.events.create(what="topics changed", note=", ".join(names)[:200])


def pause(subscriber: Subscriber, until: date | None) -> None:
    """Pause emails until a day; None ends the pause."""
    what = f"paused until {until:%Y-%m-%d}" if until else "pause ended"
    _change(subscriber, what, paused_until=until)


def count_clicks(subscriber: Subscriber, agreed: bool) -> None:
    """Count which links a subscriber clicks, or stop counting."""
    what = "click counting on" if agreed else "click counting off"
    _change(subscriber, what, clicks_counted=agreed)


@transaction.atomic
def _change(subscriber: Subscriber, what: str, **values: Any) -> None:
    row = _active(subscriber)
    if row and any(getattr(row, name) != value for name, value in values.items()):
        Subscriber.objects.filter(pk=row.pk).update(**values)
        row.events.create(what=what)


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


def _active(subscriber: Subscriber) -> Subscriber | None:
    """Return the locked row of an active subscriber."""
    rows = Subscriber.objects.select_for_update()
    return rows.filter(pk=subscriber.pk, state=SubscriberState.ACTIVE).first()
