"""Subscribers and a campaign draft for the demo. Only loaded by `seed_shop --demo-users`."""

from datetime import timedelta
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from accounts.newsletter.campaigns.models import Campaign
from accounts.newsletter.subscribers import topics
from accounts.newsletter.subscribers.consent_texts import CONSENT_TEXTS
from accounts.newsletter.subscribers.models import Source, Subscriber, Topic
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

_IP = "192.0.2.7"
DRAFT = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")


@transaction.atomic
def load() -> None:
    """Create subscribers in several states, and a draft, once."""
    if Campaign.objects.exists() or Subscriber.objects.exists():
        return
    topics.load()
    for name, details, slugs in _SUBSCRIBERS:
        subscriber = Subscriber.objects.create(email=f"{name}@example.com")
        subscriber.events.create(what="signed up", note=str(Source.PAGE.label))
        text = CONSENT_TEXTS[Source.PAGE]
        consent = store_consent(
            subscriber, topics=slugs, source=Source.PAGE, text=text, ip=_IP, details=details
        )
        activate(subscriber, consent, ip=_IP)
    Subscriber.objects.filter(email="emeka@example.com").update(
        paused_until=timezone.localdate() + timedelta(days=30)
    )
    unsubscribe(Subscriber.objects.get(email="dana@example.com"), how="link")
    Subscriber.objects.create(email="frida@example.com")  # has not confirmed
    Campaign.objects.create(
        title="Indoor evenings",
        slug="indoor-evenings",
        topic=Topic.objects.get(slug="flying-tips"),
        subject="An evening of three-gram flying",
        preheader="What flies best between two basketball hoops.",
        source=DRAFT,
        is_public=True,
    )
