"""Policies in the admin: their settings and reviews."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from policies.models import Policy, Review
from tests.admin_forms import submit

LogIn = Callable[[str], Client]


def save(client: Client, policy: Policy, **changes: object) -> int:
    data = {"title": "Shipping", "slug": "shipping", "position": 2, "notice_days": 30, **changes}
    data |= {"reviews-TOTAL_FORMS": 0, "reviews-INITIAL_FORMS": 0}
    url = reverse("admin:policies_policy_change", args=[policy.pk])
    return submit(client, url, data).status_code


def review_url(policy: Policy) -> str:
    return reverse("admin:policies_policy_action", args=[policy.pk, "mark-reviewed"])


def test_slug_of_a_published_policy_stays(staff: Client, shipping: Policy) -> None:
    assert save(staff, shipping, title="Delivery", slug="delivery") == 302
    shipping.refresh_from_db()
    assert (shipping.title, shipping.slug) == ("Delivery", "shipping")


def test_notice_period_of_a_published_policy_stays(staff: Client, shipping: Policy) -> None:
    assert save(staff, shipping, notice_days=0) == 302
    shipping.refresh_from_db()
    assert shipping.notice_days == 30


def test_overdue_policy_is_listed_and_reviewed(charlie: User, shipping: Policy) -> None:
    other = Policy.objects.create(slug="returns", title="Returns", next_review_on=date(2027, 1, 1))
    shipping.next_review_on = date(2026, 4, 30)
    shipping.save()
    due = Policy.objects.due_for_review
    with time_machine.travel(datetime(2026, 5, 1, 5, 59, tzinfo=UTC), tick=False):
        assert list(due()) == []  # still 30 April in Saskatoon
    with time_machine.travel(datetime(2026, 5, 1, 6, 0, tzinfo=UTC), tick=False):
        client = Client()
        client.force_login(charlie)
        assert list(due()) == [shipping]
        url = reverse("admin:policies_policy_changelist")
        html = client.get(url, {"review": "overdue"}).content.decode()
        assert "30 Apr 2026, overdue" in html
        assert f"/policies/policy/{other.pk}/change/" not in html
        assert 'value="2027-05-01"' in client.get(review_url(shipping)).content.decode()
        response = client.post(review_url(shipping), {"next_review_on": "2026-05-01"})
        assert "Choose a date in the future." in response.content.decode()
        assert not Review.objects.exists()
        client.post(review_url(shipping), {"next_review_on": "2027-05-01"})
        assert list(due()) == []
    review = Review.objects.get()
    assert (review.policy, review.version.number) == (shipping, 1)
    assert (review.reviewer, review.next_review_on) == (charlie, date(2027, 5, 1))


def test_review_without_permission_gets_403(log_in_as: LogIn, shipping: Policy) -> None:
    response = log_in_as("bob").post(review_url(shipping), {"next_review_on": "2099-01-01"})
    assert response.status_code == 403
    assert not Review.objects.exists()


def test_policy_without_version_in_force_cannot_be_reviewed(staff: Client) -> None:
    policy = Policy.objects.create(slug="returns", title="Returns")
    response = staff.post(review_url(policy), {"next_review_on": "2099-01-01"})
    assert "No version of this policy is in force." in response.content.decode()
    assert not Review.objects.exists()


@pytest.mark.django_db
def test_old_review_url_redirects(staff: Client, shipping: Policy) -> None:
    response = staff.get(f"/admin/policies/policy/{shipping.pk}/read-again/", follow=True)
    assert response.redirect_chain == [(review_url(shipping), 301)]
    assert response.status_code == 200
