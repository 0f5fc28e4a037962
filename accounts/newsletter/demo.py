"""Subscribers and a campaign draft for the demo. Only loaded by `seed_shop --demo-users`."""

from datetime import timedelta

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

_DRAFT = """# An evening of three-gram flying

Hello [[name]],

The evenings are long and the gym is free: the season for aircraft that weigh less than a sheet of
paper. These fly best between two basketball hoops.

::button "See all aircraft" /

## Before you fly indoors

- Balance it on two fingers, with the battery installed.
- Turn the heating off: warm air rises, and so does the model.
- Trim for a wide left circle, then take your hands off the stick.

What we store about you, and what we do not, is in our
[privacy policy](/policies/privacy/).
"""


@transaction.atomic
def load() -> None:
    """Create subscribers in several states, and a draft, once."""
    if Campaign.objects.exists() or Subscriber.objects.exists():
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
    Campaign.objects.create(
        title="Indoor evenings",
        slug="indoor-evenings",
        topic=Topic.objects.get(slug="flying-tips"),
        subject="An evening of three-gram flying",
        preheader="What flies best between two basketball hoops.",
        source=_DRAFT,
        is_public=True,
    )
