"""A few readers and a draft for the demo. Never loaded unless `seed_shop --demo-users` asks."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.newsletter import topics
from accounts.newsletter.leaving import leave
from accounts.newsletter.models import (
    Campaign,
    Consent,
    Source,
    Subscriber,
    SubscriberEvent,
    Topic,
    digest_of,
)
from accounts.newsletter.subscribing import activate
from accounts.newsletter.wordings import WORDINGS

# name of the address, what they told of themselves, topics
_READERS: tuple[tuple[str, dict[str, str], tuple[str, ...]], ...] = (
    ("alice", {"name": "Alice", "country": "CA"}, topics.USUAL),
    ("bruno", {"name": "Bruno", "country": "DE", "job_title": "Teacher"}, ("flying-tips",)),
    ("chandra", {"name": "Chandra", "country": "CA", "company": "Moth Club"}, ("sales",)),
    ("dana", {"name": "Dana", "country": "US"}, ("new-products", "sales")),
    ("emeka", {"country": "GB"}, topics.USUAL),
)

_DRAFT = """# Three grams, and a whole evening of it

Good day [[name]],

The evenings are long and the gym is free: the time of the year for aircraft that weigh less than a
letter. This is what flies best between two basketball hoops.

::button "See the aircraft" /

## Before you fly indoors

- Balance it on two fingers, with the battery in.
- Turn the heating off: warm air rises, and so does the model.
- Trim for a wide left circle, then leave the stick alone.

What we keep about you, and what not, is written on
[our page about privacy](/policies/privacy/).
"""


@transaction.atomic
def load() -> None:
    """Write readers in several states and one draft, once."""
    if Campaign.objects.exists() or Subscriber.objects.exists():
        return
    topics.load()
    for name, about, slugs in _READERS:
        _reader(f"{name}@example.com", about, slugs)
    rests = Subscriber.objects.filter(email="emeka@example.com")
    rests.update(paused_until=timezone.localdate() + timedelta(days=30))
    leave(Subscriber.objects.get(email="dana@example.com"), how="letter")
    Subscriber.objects.create(email="frida@example.com")  # has not confirmed
    Campaign.objects.create(
        title="Indoor evenings",
        slug="indoor-evenings",
        topic=Topic.objects.get(slug="flying-tips"),
        subject="Three grams, and a whole evening of it",
        preheader="What flies best between two basketball hoops.",
        source=_DRAFT,
        is_public=True,
    )


def _reader(email: str, about: dict[str, str], slugs: tuple[str, ...]) -> None:
    one = Subscriber.objects.create(email=email)
    SubscriberEvent.objects.create(subscriber=one, what="asked", note=Source.PAGE.label)
    consent = Consent.objects.create(
        subscriber=one,
        digest=digest_of(email),
        wording=WORDINGS[Source.PAGE],
        topics=",".join(slugs),
        source=Source.PAGE,
        network="192.0.2.0/24",
        details=about,
    )
    activate(one, consent, address="192.0.2.7")
