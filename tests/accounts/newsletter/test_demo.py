"""The demo data."""

import pytest

from accounts.newsletter import demo
from accounts.newsletter.campaigns.checklist import check
from accounts.newsletter.models import Campaign, Subscriber
from policies import seed

pytestmark = pytest.mark.django_db


def test_demo_data_is_loaded_once() -> None:
    seed.load()
    for _ in range(2):
        demo.load()
    states = Subscriber.objects.order_by("email").values_list("state", flat=True)
    assert list(states) == ["active", "active", "active", "unsubscribed", "active", "pending"]
    emails = Subscriber.objects.values_list("email", flat=True)
    assert all(email.endswith("@example.com") for email in emails)
    assert [error.text for error in check(Campaign.objects.get()).errors] == []
