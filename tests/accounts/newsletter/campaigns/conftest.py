"""Subscribers, drafts and launched campaigns."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.newsletter.campaigns.models import CampaignState
from accounts.newsletter.models import Campaign, Link, Subscriber, Topic
from accounts.newsletter.subscribers.models import SubscriberState
from tests.accounts import conftest as mail_server
from tests.accounts.newsletter.campaigns.mail_sink import Sink, running_sink

postbox = mail_server.postbox

TEXT = "Hello [[name]],\n\nthe Ladybird is back: [[link:1]]\n.\nLeave: [[unsubscribe]]\n"
HTML = (
    '<p>Hello [[name]], <a href="[[link:1]]">the Ladybird</a> – '
    '<a href="[[unsubscribe]]">leave</a></p>'
)


SOURCE = """# The Butterfly flies again

Good day [[name]], the **Carbon Butterfly** is [back](/contact/) on the shelf.

::button "Look around" /

- light
- quiet
"""


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    """A mail server in a process of its own."""
    with running_sink(tmp_path / "sink.log") as server:
        yield server


@pytest.fixture
def topic(db: None) -> Topic:
    """What the campaigns are about."""
    return Topic.objects.create(slug="new-products", name="New products", description="What came.")


@pytest.fixture
def subscribe(topic: Topic) -> Callable[[int], list[Subscriber]]:
    """Let so many people be subscribed: reader-1@example.com and on."""

    def make(count: int) -> list[Subscriber]:
        there = Subscriber.objects.count()
        people = Subscriber.objects.bulk_create(
            Subscriber(
                email=f"reader-{n}@example.com", name=f"Reader {n}", state=SubscriberState.ACTIVE
            )
            for n in range(there + 1, there + count + 1)
        )
        wishes = Subscriber.topics.through
        wishes.objects.bulk_create(
            wishes(subscriber_id=person.pk, topic_id=topic.pk) for person in people
        )
        return people

    return make


@pytest.fixture
def launched(topic: Topic) -> Callable[..., Campaign]:
    """Return a function that launches a campaign for everyone who is subscribed at that time."""

    def launch(**changes: Any) -> Campaign:
        newest = Subscriber.objects.order_by("-pk").values_list("pk", flat=True).first()
        fields: dict[str, Any] = {
            "title": "Tips",
            "slug": f"tips-{Campaign.objects.count()}",
            "topic": topic,
            "subject": "Fly in the living room",
            "body_text": TEXT,
            "body_html": HTML,
            "from_email": "MicroFlight <sales@plantraco.com>",
            "audience_until": newest or 0,
            "launched_at": timezone.now(),
            "scheduled_at": timezone.now(),
            "state": CampaignState.SCHEDULED,
        }
        campaign = Campaign.objects.create(**fields | changes)
        Link.objects.create(campaign=campaign, number=1, url="https://shop.example/ladybird/")
        return campaign

    return launch


@pytest.fixture
def reader(topic: Topic) -> Callable[..., Subscriber]:
    """A subscriber of the topic."""

    def make(who: str = "dana", **fields: Any) -> Subscriber:
        row = {"name": who.title(), "state": "active", **fields}
        person = Subscriber.objects.create(email=f"{who}@example.com", **row)
        person.topics.add(topic)
        return person

    return make


@pytest.fixture
def make_draft(topic: Topic) -> Callable[..., Campaign]:
    """A draft without a fault."""

    def make(**fields: Any) -> Campaign:
        row = {
            "title": "Spring",
            "slug": f"spring-{Campaign.objects.count() + 1}",
            "subject": "The Butterfly flies again",
            "preheader": "Three grams of carbon.",
            "source": SOURCE,
            **fields,
        }
        return Campaign.objects.create(topic=topic, **row)

    return make
