"""A letter that may be launched, and who would get it."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.newsletter.models import Campaign, Subscriber, Topic

SOURCE = """# The Butterfly flies again

Good day [[name]], the **Carbon Butterfly** is [back](/contact/) on the shelf.

::button "Look around" /

- light
- quiet
"""


@pytest.fixture
def topic(db: None) -> Topic:
    """What the letters are about."""
    return Topic.objects.create(slug="new-products", name="New products", description="What came.")


@pytest.fixture
def reader(topic: Topic) -> Callable[..., Subscriber]:
    """Somebody who is subscribed to the topic."""

    def make(who: str = "dana", **fields: Any) -> Subscriber:
        row = {"name": who.title(), "state": "active", **fields}
        person = Subscriber.objects.create(email=f"{who}@example.com", **row)
        person.topics.add(topic)
        return person

    return make


@pytest.fixture
def letter(topic: Topic) -> Callable[..., Campaign]:
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
