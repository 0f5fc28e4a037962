"""The banner about policy changes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.agreements import services
from accounts.agreements.models import BannerDismissal
from accounts.users.models import User
from policies.models import ChangeType, Policy, PolicyVersion
from policies.workflow import adopt

pytestmark = pytest.mark.django_db
PAGE, SEEN = "/contact/", "/account/agreements/dismiss/"
WORDS = "Returns in 60 days."


@pytest.fixture
def version(terms: Policy, alice: User) -> PolicyVersion:
    """A change of the terms that comes in a month."""
    day = timezone.localdate() + timedelta(days=30)
    return adopt(terms, "New.", summary=WORDS, change_type=ChangeType.MATERIAL, effective_on=day)


def shows(client: Client) -> bool:
    return WORDS in client.get(PAGE).content.decode()


# Mutation: with nothing noted, the banner stayed.
def test_banner_shows_until_dismissed(client: Client, alice: User, version: PolicyVersion) -> None:
    client.force_login(alice)
    assert shows(client)
    assert shows(client)
    answer = client.post(SEEN, {"version": version.pk, "next": PAGE})
    assert (answer.status_code, answer.url) == (302, PAGE)
    assert not shows(client)
    other = Client()
    other.force_login(alice)
    assert not shows(other)
    assert list(BannerDismissal.objects.values_list("user", "version")) == [(alice.pk, version.pk)]


# Mutation: with only the other button noted, the banner stayed.
def test_reading_the_policy_dismisses_banner(
    client: Client, alice: User, version: PolicyVersion
) -> None:
    client.force_login(alice)
    answer = client.post(SEEN, {"version": version.pk, "read": "1", "next": PAGE})
    assert answer.url == "/policies/terms/v2/"
    assert not shows(client)


# Mutation: without the query for acceptances, the banner stayed.
def test_accepting_the_policy_dismisses_banner(
    client: Client, alice: User, version: PolicyVersion
) -> None:
    services.accept(version, "order:100017", "I agree.", user=alice)
    client.force_login(alice)
    assert not shows(client)


# Mutation: without the check of `date_joined`, the new account saw it.
def test_guests_and_new_accounts_see_no_banner(
    client: Client, alice: User, bob: User, version: PolicyVersion
) -> None:
    client.force_login(alice)
    client.get(PAGE)  # stores the page that all share
    assert not shows(Client())
    assert version.effective_from is not None
    User.objects.filter(pk=bob.pk).update(date_joined=version.effective_from)
    newcomer = Client()
    newcomer.force_login(User.objects.get(pk=bob.pk))
    assert not shows(newcomer)


# Mutation: with every kind of change shown, this one was.
def test_editorial_change_shows_no_banner(client: Client, alice: User, terms: Policy) -> None:
    adopt(terms, "Newer.", summary=WORDS, change_type=ChangeType.EDITORIAL)
    client.force_login(alice)
    assert not shows(client)


# Mutation: with the session forgetting, the statement was asked each time.
def test_banner_costs_one_query_until_dismissed(
    client: Client, alice: User, version: PolicyVersion
) -> None:
    def cost() -> int:
        client.get(PAGE)
        with CaptureQueriesContext(connection) as asked:
            client.get(PAGE)
        return len([q for q in asked if "bannerdismissal" in str(q["sql"])])

    client.force_login(alice)
    assert cost() == 1
    client.post(SEEN, {"version": version.pk})
    assert cost() == 0


# Mutation: with the bare `int()`, emails, signs and nothing were answered with an error.
@pytest.mark.parametrize("pk", ["", "x", "0", "9" * 30, "²"])
def test_invalid_version_is_not_found(client: Client, alice: User, pk: str) -> None:
    client.force_login(alice)
    assert client.post(SEEN, {"version": pk}).status_code == 404
    assert not BannerDismissal.objects.exists()


# Mutation: with GET let through, it was answered with 404 instead of 405.
def test_dismissing_requires_post_and_login(
    client: Client, alice: User, version: PolicyVersion
) -> None:
    assert client.post(SEEN, {"version": version.pk}).url.startswith("/account/login/")
    client.force_login(alice)
    assert client.get(SEEN).status_code == 405
    assert not BannerDismissal.objects.exists()
