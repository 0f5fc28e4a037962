"""Audience filters: details and orders of subscribers."""

from typing import Any

import pytest

from accounts.newsletter.campaigns.audience import audience_of
from accounts.newsletter.models import Campaign
from accounts.users.models import User
from checkout.order.models import Line, Order
from tests.accounts.orders import make_order

pytestmark = pytest.mark.django_db


def _names(campaign: Campaign) -> list[str]:
    """Return a name for each row of the audience, so that a repeated subscriber is listed twice."""
    return sorted(audience_of(campaign).values_list("name", flat=True))


@pytest.mark.parametrize(
    ("audience", "names"),
    [
        ({}, ["Ann", "Ben", "Cat"]),
        ({"country": ["CA", "DE"]}, ["Ann", "Ben"]),
        ({"country": []}, ["Ann", "Ben", "Cat"]),
        ({"job_title": "PILOT"}, ["Ben", "Cat"]),
        ({"country": ["CA"], "job_title": "pilot"}, []),
        ({"purchasing_role": "buyer"}, ["Ann"]),
        ({"company": "plan"}, ["Ben"]),
        ({"certification": "faa"}, ["Cat"]),
    ],
)
def test_details_filter_the_audience(
    make_draft: Any, reader: Any, audience: dict[str, Any], names: list[str]
) -> None:
    reader("ann", country="CA", purchasing_role="Buyer of parts")
    reader("ben", country="DE", job_title="Test pilot", company="Plantraco")
    reader("cat", country="NZ", job_title="Pilot", certification="FAA 107")
    assert _names(make_draft(audience=audience)) == names


@pytest.fixture
def buyers(reader: Any, alice: User) -> None:
    """Alice ordered twice with her account, first from an older address; Bob once as a guest, in
    capitals; Cat cancelled; Dan never ordered."""
    reader("alice", user=alice)
    reader("bob")
    reader("cat")
    reader("dan")
    make_order(number="1", user=alice, email="old@example.com")
    make_order(number="2", user=alice)
    make_order(number="3", email="BOB@example.com")
    cancelled = make_order(number="4", email="cat@example.com")
    Order.objects.filter(pk=cancelled.pk).update(status="cancelled")
    first = Order.objects.order_by("pk").first()
    assert first is not None
    Line.objects.update(partner_sku="MF-OTHER", upc="MF-OTHER")
    first.lines.update(partner_sku="MF-MOTH", upc="MF-MOTH")


@pytest.mark.usefixtures("buyers")
@pytest.mark.parametrize(
    ("audience", "names"),
    [
        ({"ordered": "yes"}, ["Alice", "Bob"]),
        ({"ordered": "no"}, ["Cat", "Dan"]),
        ({"bought": "MF-MOTH"}, ["Alice"]),
        ({"bought": "MF-MOTH, MF-OTHER"}, ["Alice", "Bob"]),
        ({"bought": "MF-NEVER"}, []),
        ({"not_bought": "MF-MOTH"}, ["Bob", "Cat", "Dan"]),
        ({"bought": "MF-OTHER", "not_bought": "MF-MOTH"}, ["Bob"]),
        ({"orders_to": ["CA"]}, ["Alice", "Bob"]),
        ({"orders_to": ["NZ"]}, []),
    ],
)
def test_orders_filter_the_audience(
    make_draft: Any, audience: dict[str, Any], names: list[str]
) -> None:
    assert _names(make_draft(audience=audience)) == names


@pytest.mark.usefixtures("buyers")
def test_count_with_all_filters_is_one_query(
    make_draft: Any, django_assert_num_queries: Any
) -> None:
    every = {"country": ["CA"], "ordered": "yes", "bought": "MF-MOTH", "orders_to": ["CA"]}
    draft = make_draft(audience={**every, "not_bought": "MF-OTHER", "job_title": "pilot"})
    with django_assert_num_queries(1):
        assert audience_of(draft).count() == 0


def test_unknown_filter_raises_error(make_draft: Any, reader: Any) -> None:
    reader()
    with pytest.raises(KeyError):
        audience_of(make_draft(audience={"shoe_size": 9}))
