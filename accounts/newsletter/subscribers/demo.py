"""Subscribers for the demo. Only loaded by `seed_shop --demo-users`."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.newsletter.subscribers import topics
from accounts.newsletter.subscribers.consent_texts import CONSENT_TEXTS
from accounts.newsletter.subscribers.models import Source, Subscriber
from accounts.newsletter.subscribers.subscriptions import activate, store_consent
from accounts.newsletter.subscribers.unsubscribe import unsubscribe

#: Local part of the address, optional details, topics.
_SUBSCRIBERS: tuple[tuple[str, dict[str, str], tuple[str, ...]], ...] = (
    ("alice", {"name": "Alice", "country": "CA"}, topics.DEFAULT_SLUGS),
    ("bruno", {"name": "Bruno", "country": "DE", "job_title": "Teacher"}, ("flying-tips",)),
    ("chandra", {"name": "Chandra", "country": "CA", "company": "Moth Club"}, ("sales",)),
    ("dana", {"name": "Dana", "country": "US"}, ("new-products", "sales")),
    ("emeka", {"country": "GB"}, topics.DEFAULT_SLUGS),
)


@transaction.atomic
def load() -> None:
    """Create subscribers in several states, once."""
    if Subscriber.objects.exists():
        return
    topics.load()
    for name, details, slugs in _SUBSCRIBERS:
        subscriber = Subscriber.objects.create(email=f"{name}@example.com")
        subscriber.events.create(what="signed up", note=str(Source.PAGE.label))
        text, ip = CONSENT_TEXTS[Source.PAGE], "192.0.2.7"
        activate(
            subscriber, store_consent(subscriber, slugs, Source.PAGE, text, ip, details), ip=ip
        )
    Subscriber.objects.filter(email="emeka@example.com").update(
        paused_until=timezone.localdate() + timedelta(days=30)
    )
    unsubscribe(Subscriber.objects.get(email="dana@example.com"), how="link")
    Subscriber.objects.create(email="frida@example.com")  # has not confirmed
