"""Acceptances in the admin: printable evidence of an order or account."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from policies import services
from policies.models import Policy

MATCHES = "the SHA-256 matches."


def evidence_url(subject: str) -> str:
    return reverse("admin:policies_acceptance_evidence", args=[subject])


def user_url(user: User) -> str:
    return reverse("admin:users_user_change", args=[user.pk])


def test_evidence_of_an_order_has_label_version_hash_and_time(
    staff: Client, alice: User, shipping: Policy
) -> None:
    version = shipping.versions.get()
    with time_machine.travel(datetime(2026, 5, 1, 18, 0, tzinfo=UTC), tick=False):
        label = "I have read and agree to <Shipping> (version 1)."
        services.accept(version, "order:100017", label, user=alice, ip="203.0.113.77")
        services.accept(version, "order:100025", "Another order.")
    html = staff.get(evidence_url("order:100017")).content.decode()
    assert "“I have read and agree to &lt;Shipping&gt; (version 1).”" in html
    assert "<p>We ship on Mondays.</p>" in html
    assert "1 May 2026, 12:00<br>" in html
    assert "2026-05-01 18:00:00 UTC" in html
    assert "203.0.113.0/24" in html
    assert "203.0.113.77" not in html
    assert version.sha256 in html
    assert MATCHES in html
    assert "alice@example.com" in html
    assert "Another order." not in html


# Mutation: without the account's orders in `evidence_for`, there was one acceptance.
def test_evidence_of_an_account_includes_its_orders(
    staff: Client, alice: User, bob: User, shipping: Policy
) -> None:
    version = shipping.versions.get()
    services.accept(version, f"account:{alice.pk}", "At registration.", user=alice)
    services.accept(version, "order:100017", "At checkout.", user=alice)
    services.accept(version, f"account:{bob.pk}", "Someone else.", user=bob)
    html = staff.get(evidence_url(f"account:{alice.pk}")).content.decode()
    assert "2 acceptances." in html
    assert html.index("At registration.") < html.index("At checkout.")
    assert "Someone else." not in html


# Mutation: with the body repeated for each acceptance, it was there three times.
def test_version_is_printed_once(staff: Client, alice: User, shipping: Policy) -> None:
    version = shipping.versions.get()
    for number in (100017, 100025, 100033):
        services.accept(version, f"order:{number}", "At checkout.", user=alice)
    html = staff.get(evidence_url(f"account:{alice.pk}")).content.decode()
    assert html.count("<p>We ship on Mondays.</p>") == 1
    assert html.count("This version is printed above.") == 2
    assert html.count(MATCHES) == 3


@pytest.mark.parametrize("subject", ["order:1", "nonsense", "account:" + "9" * 40, "order:'--"])
def test_evidence_of_an_unknown_subject_gets_404(
    subject: str, staff: Client, shipping: Policy
) -> None:
    assert staff.get(evidence_url(subject)).status_code == 404


# Mutation: without the permission check, the page answered 200.
def test_evidence_without_permission_gets_403(
    log_in_as: Callable[[str], Client], shipping: Policy
) -> None:
    services.accept(shipping.versions.get(), "order:100017", "I agree.")
    assert log_in_as("alice").get(evidence_url("order:100017")).status_code == 403


def test_account_page_links_to_its_evidence(
    staff: Client, alice: User, bob: User, shipping: Policy
) -> None:
    version = shipping.versions.get()
    services.accept(version, f"account:{alice.pk}", "At registration.", user=alice)
    services.accept(version, "order:100017", "At checkout.", user=alice)
    url = evidence_url(f"account:{alice.pk}")
    html = staff.get(user_url(alice)).content.decode()
    assert f'<a href="{url}">2 acceptances (print)</a>' in html
    assert staff.get(url).status_code == 200
    assert "None recorded." in staff.get(user_url(bob)).content.decode()


# Mutation: with the fieldset shown to everyone, the link was on the page.
def test_account_page_hides_acceptances_without_permission(
    client: Client, alice: User, bob: User, shipping: Policy, grant: Callable[..., User]
) -> None:
    services.accept(shipping.versions.get(), f"account:{alice.pk}", "I agree.", user=alice)
    client.force_login(grant(bob, "view_user"))
    html = client.get(user_url(alice)).content.decode()
    assert "alice@example.com" in html
    assert "acceptance" not in html
