"""What subscribers change about their letters, by a link or in their account."""

from collections.abc import Iterable, Mapping
from datetime import date

from django.db import transaction
from django.utils import timezone

from accounts.agreements.offers import offer_for
from accounts.newsletter.models import (
    Consent,
    Source,
    Subscriber,
    SubscriberEvent,
    Topic,
    digest_of,
)
from accounts.newsletter.states import SubscriberState
from accounts.newsletter.subscribing import DETAILS
from accounts.newsletter.wordings import WORDINGS
from policies.models import Context
from policies.services import network_of


@transaction.atomic
def choose_topics(subscriber: Subscriber, slugs: Iterable[str], *, address: str = "") -> None:
    """Send letters about these topics only. What is new among them is a consent of its own.

    Topics that are not offered any more stay as they were. Does nothing for somebody who left.
    """
    found = _active(subscriber)
    if found is None:
        return
    offered = {topic.slug: topic for topic in Topic.objects.filter(is_active=True)}
    wanted = [topic for slug, topic in offered.items() if slug in set(slugs)]
    before = set(found.topics.values_list("pk", flat=True))
    found.topics.remove(*(topic for topic in offered.values() if topic not in wanted))
    found.topics.add(*wanted)
    if any(topic.pk not in before for topic in wanted):
        _agree(found, wanted, address)
    _note(found, "topics chosen", ", ".join(topic.slug for topic in wanted))


def _agree(subscriber: Subscriber, topics: list[Topic], address: str) -> None:
    now, network = timezone.now(), network_of(address)
    privacy = offer_for(Context.NEWSLETTER).versions
    Consent.objects.create(
        subscriber=subscriber,
        digest=digest_of(subscriber.email),
        wording=WORDINGS[Source.ACCOUNT],
        version=privacy[0] if privacy else None,
        topics=",".join(topic.slug for topic in topics)[:200],
        source=Source.ACCOUNT,
        network=network,
        asked_at=now,
        confirmed_at=now,
        confirmed_network=network,
    )


@transaction.atomic
def pause(subscriber: Subscriber, until: date | None) -> None:
    """Let letters rest until a day; None ends the pause."""
    found = _active(subscriber)
    if found is not None:
        found.paused_until = until
        found.save(update_fields=["paused_until"])
        _note(found, f"pause until {until:%Y-%m-%d}" if until else "no pause")


@transaction.atomic
def tell(subscriber: Subscriber, details: Mapping[str, str]) -> None:
    """Keep what somebody tells about themselves; an empty value deletes what was there.

    Possible in every state: whoever left may still correct and delete. The log names no values.
    """
    found = Subscriber.objects.select_for_update().filter(pk=subscriber.pk).first()
    if found is None:
        return
    changed = [
        name for name in DETAILS if name in details and getattr(found, name) != details[name]
    ]
    for name in changed:
        setattr(found, name, details[name])
    if changed:
        found.save(update_fields=changed)
        _note(found, "details changed", ", ".join(changed))


@transaction.atomic
def count_clicks(subscriber: Subscriber, agreed: bool) -> None:
    """Count which links somebody follows, or stop it."""
    found = _active(subscriber)
    if found is not None and found.clicks_counted != agreed:
        found.clicks_counted = agreed
        found.save(update_fields=["clicks_counted"])
        _note(found, "clicks counted" if agreed else "clicks not counted")


def _active(subscriber: Subscriber) -> Subscriber | None:
    """Return the locked row of somebody who is subscribed."""
    rows = Subscriber.objects.select_for_update()
    return rows.filter(pk=subscriber.pk, state=SubscriberState.ACTIVE).first()


def _note(subscriber: Subscriber, what: str, note: str = "") -> None:
    SubscriberEvent.objects.create(subscriber=subscriber, what=what, note=note[:200])
