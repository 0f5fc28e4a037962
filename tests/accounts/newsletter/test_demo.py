"""The demo opens with a few readers and a letter that could be launched."""

import pytest

from accounts.newsletter import demo
from accounts.newsletter.models import Campaign, Subscriber
from accounts.newsletter.writing.checks import look_over
from policies import seed

pytestmark = pytest.mark.django_db


def test_readers_of_every_state_and_a_draft_without_a_fault_are_loaded_once() -> None:
    seed.load()
    for _ in range(2):
        demo.load()
    states = Subscriber.objects.order_by("email").values_list("state", flat=True)
    assert list(states) == ["active", "active", "active", "left", "active", "pending"]
    emails = Subscriber.objects.values_list("email", flat=True)
    assert all(email.endswith("@example.com") for email in emails)
    assert [error.words for error in look_over(Campaign.objects.get()).errors] == []
