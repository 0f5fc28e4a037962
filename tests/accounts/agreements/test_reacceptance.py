"""After login, accounts accept policies that have changed, staff too."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.agreements import services
from accounts.users.models import User
from policies.models import Acceptance, ChangeType, Policy
from policies.workflow import adopt
from tests.accounts.agreements.conftest import newest

pytestmark = pytest.mark.django_db
AGAIN = "/account/agreements/"
DAY = timedelta(days=1)


@pytest.fixture
def agreed(terms: Policy, alice: User) -> Policy:
    """The terms, to whose first text Alice agreed when she opened her account."""
    services.accept(newest(terms), f"account:{alice.pk}", "I agree.", user=alice)
    return terms


def log_in(client: Client, who: str = "alice") -> str:
    """Log in through the form; return where the browser ends."""
    typed = {"login": f"{who}@example.com", "password": f"pass-{who}-3.6"}
    answer = client.post("/account/login/", typed, follow=True)
    return str(answer.request["PATH_INFO"])


def form_of(client: Client, **more: str) -> dict[str, str]:
    """The page that asks, ticked."""
    page = client.get(AGAIN).content.decode()
    found = re.search(r'name="policies" value="([^"]*)"', page)
    assert found is not None
    return {"policies": found[1], "agreed": "on", **more}


def change(policy: Policy, kind: ChangeType = ChangeType.MATERIAL, days: int = 0) -> None:
    day = timezone.localdate() + days * DAY if days else None
    adopt(policy, "New.", summary="Returns in 60 days.", change_type=kind, effective_on=day)


# Mutation: with nothing recorded, no agreement to version 2 was found.
def test_material_change_is_accepted_after_login(
    client: Client, agreed: Policy, alice: User
) -> None:
    change(agreed)
    assert log_in(client) == AGAIN
    page = client.get("/account/addresses/?x=1", follow=True)
    assert page.request["PATH_INFO"] == AGAIN
    html = page.content.decode()
    assert "Returns in 60 days." in html
    assert ">Terms of Sale (version 2)<" in html
    assert 'name="next" value="/account/addresses/?x=1"' in html
    form = form_of(client, next="/account/addresses/?x=1")
    answer = client.post(AGAIN, form, REMOTE_ADDR="203.0.113.77")
    assert (answer.status_code, answer.url) == (302, "/account/addresses/?x=1")
    assert client.get("/account/addresses/").status_code == 200
    made = Acceptance.objects.get(version__number=2)
    assert (made.context, made.subject, made.user) == (
        "reacceptance",
        f"account:{alice.pk}",
        alice,
    )
    assert (made.label, made.network) == (
        "I have read and accept Terms of Sale (version 2).", "203.0.113.0/24",
    )  # fmt: skip
    assert log_in(Client()) == "/account/"


# Mutation: without the numbers that the account agreed to, it led from version 2 to version 3.
def test_page_links_to_changes_since_accepted_version(client: Client, agreed: Policy) -> None:
    change(agreed)
    change(agreed)
    log_in(client)
    html = client.get(AGAIN).content.decode()
    assert '<a href="/policies/terms/changes/1-3/" target="_blank">' in html
    assert ", which you accepted" in html


def test_page_links_to_last_change_without_acceptance(
    client: Client, terms: Policy, bob: User
) -> None:
    change(terms)
    assert log_in(client, "bob") == AGAIN
    html = client.get(AGAIN).content.decode()
    assert '<a href="/policies/terms/changes/1-2/" target="_blank">' in html
    assert "which you accepted" not in html


# Mutation: with the gate always open, the pages opened.
@pytest.mark.parametrize("path", ["/", "/cart/", "/checkout/", "/account/"])
def test_shop_is_closed_before_acceptance(client: Client, agreed: Policy, path: str) -> None:
    change(agreed)
    log_in(client)
    for answer in (client.get(path), client.post(path)):
        assert (answer.status_code, answer.url.partition("?")[0]) == (302, AGAIN)


# Mutation: with the page that asks alone left open, the text itself led back to it.
def test_policies_orders_and_logout_stay_open(client: Client, agreed: Policy) -> None:
    change(agreed)
    log_in(client)
    for path in ("/policies/terms/v2/", "/orders/", "/contact/"):
        assert client.get(path).status_code == 200, path
    client.post("/account/logout/")
    assert client.get("/").status_code == 200
    assert Acceptance.objects.count() == 1


# Mutation: without the check for staff at login, Charlie reached his account without accepting.
def test_staff_accept_before_admin_opens(client: Client, terms: Policy, charlie: User) -> None:
    change(terms)  # Charlie's account is older and never agreed to anything
    assert log_in(client, "charlie") == AGAIN
    assert client.get("/admin/").url == AGAIN + "?next=%2Fadmin%2F"
    client.post(AGAIN, form_of(client))
    assert client.get("/admin/").status_code == 200


# Mutation: with the old tick left in the form, it counted for the new text.
def test_unchecked_or_outdated_form_is_rejected(client: Client, agreed: Policy) -> None:
    change(agreed)
    log_in(client)
    form = form_of(client)
    page = client.post(AGAIN, {"policies": form["policies"]}).content.decode()
    assert "Check the box to continue, or log out." in page
    change(agreed)
    page = client.post(AGAIN, form).content.decode()
    assert "Our policies have just changed. Please read and accept them again." in page
    assert "Terms of Sale (version 3)" in page
    assert Acceptance.objects.count() == 1
    assert client.get("/").status_code == 302


# Mutation: with every kind of change counted, login opened the policies.
def test_editorial_or_scheduled_change_needs_no_acceptance(
    client: Client, agreed: Policy, alice: User
) -> None:
    change(agreed, ChangeType.EDITORIAL)
    change(agreed, days=30)
    assert log_in(client) == "/account/"
    with time_machine.travel(timezone.now() + 32 * DAY, tick=False):
        assert client.get("/account/").status_code in (200, 302)  # the session may be over
        assert log_in(Client()) == AGAIN


# Mutation: with the material text itself put forward, version 2 was asked about.
def test_newest_version_is_accepted_after_editorial_change(client: Client, agreed: Policy) -> None:
    change(agreed)
    change(agreed, ChangeType.EDITORIAL)
    assert log_in(client) == AGAIN
    assert "Terms of Sale (version 3)" in client.get(AGAIN).content.decode()


# Mutation: without the check of `date_joined`, the new account was asked.
def test_newer_account_needs_no_acceptance(client: Client, terms: Policy, alice: User) -> None:
    change(terms)
    User.objects.update(date_joined=timezone.now() + timedelta(seconds=1))
    assert log_in(client) == "/account/"


# Mutation: with a check at each request, the account page redirected.
def test_logged_in_customer_is_not_interrupted(client: Client, agreed: Policy) -> None:
    log_in(client)
    change(agreed)
    assert client.get("/account/").status_code == 200
    client.post("/account/logout/")
    assert log_in(client) == AGAIN


# Mutation: with any address followed, the browser was sent to elsewhere.example.
@pytest.mark.parametrize("wanted", ["https://elsewhere.example/", "//elsewhere.example/", "x"])
def test_redirect_stays_in_the_shop(client: Client, agreed: Policy, wanted: str) -> None:
    change(agreed)
    log_in(client)
    assert client.post(AGAIN, form_of(client, next=wanted)).url == "/"
