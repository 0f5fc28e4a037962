"""What everybody may read about the shop's promises."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from microflight.page_urls import MOVED
from policies import markdown, publishing, seed, services
from policies.models import Notice, Policy, PolicyVersion

pytestmark = pytest.mark.django_db


def test_loading_twice_publishes_seven_policies_and_both_editions_of_privacy_once() -> None:
    assert seed.load() == 8
    assert seed.load() == 0
    assert [str(v) for v in services.versions_in_force()] == [
        "Privacy and Security v2",
        "Shipping Information v1",
        "Payment Methods v1",
        "Terms of Sale v1",
        "Returns v1",
        "Cookies v1",
        "Accessibility v1",
    ]
    assert [v.policy.slug for v in services.required_for_checkout()] == [
        "privacy", "shipping", "payment", "terms", "returns",
    ]  # fmt: skip
    assert [v.policy.slug for v in services.required_for_registration()] == ["privacy", "terms"]


def test_the_privacy_policy_of_2017_counted_from_its_day_until_the_shop_opened() -> None:
    seed.load()
    old = services.version_at("privacy", datetime(2017, 8, 23, 6, 0, tzinfo=UTC))
    assert (old.number, old.effective_from) == (1, datetime(2017, 8, 23, 6, 0, tzinfo=UTC))
    with pytest.raises(PolicyVersion.DoesNotExist):
        services.version_at("privacy", datetime(2017, 8, 23, 5, 59, tzinfo=UTC))
    assert services.current_version("privacy").number == 2


def test_the_returns_policy_names_the_days_that_the_shop_counts(settings: Any) -> None:
    settings.RETURN_WINDOW_DAYS = 21
    seed.load()
    body = services.current_version("returns").body
    assert "until 21 days after the day on which the parcel left us" in body
    assert "{" not in body


@pytest.mark.promise("policy-changes")
@pytest.mark.parametrize("slug", seed.SUBJECTS)
def test_each_text_is_shown_with_contents_and_the_day_in_saskatoon(
    client: Client, slug: str
) -> None:
    # 3:00 on the 2nd by Greenwich is the evening of the 1st in Saskatoon
    with time_machine.travel(datetime(2026, 5, 2, 3, 0, tzinfo=UTC), tick=False):
        seed.load()
        html = client.get(f"/policies/{slug}/").content.decode()
    assert "Updated <time" in html
    assert "May 1, 2026" in html
    version = services.current_version(slug)
    headings = markdown.render(version.body).headings
    assert len(headings) >= 5
    for heading in headings:
        assert f'href="#{heading.anchor}"' in html
        assert f'<h2 id="{heading.anchor}">' in html


@pytest.mark.parametrize("slug", seed.SUBJECTS)
def test_every_link_in_a_text_leads_somewhere(client: Client, slug: str) -> None:
    seed.load()
    links = re.findall(r"\]\(([^)]+)\)", services.current_version(slug).body)
    inside = [link for link in links if not link.startswith("mailto:")]
    assert [link for link in inside if client.get(link).status_code != 200] == []
    assert {link.split("@")[1] for link in links if link.startswith("mailto:")} <= {"plantraco.com"}


def test_the_page_costs_one_query_and_none_once_it_is_cached(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    seed.load()
    client.get("/contact/")  # menu and notices are known from any page
    with django_assert_num_queries(1):
        assert client.get("/policies/privacy/").status_code == 200
    with django_assert_num_queries(0):
        assert client.get("/policies/privacy/").status_code == 200


@pytest.mark.promise("policy-changes")
def test_a_new_text_is_shown_at_once(
    client: Client, django_capture_on_commit_callbacks: object
) -> None:
    seed.load()
    assert "version 2" in client.get("/policies/privacy/").content.decode()
    policy = Policy.objects.get(slug="privacy")
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        publishing.adopt(policy, "Shorter now.", summary="Shorter.")
    html = client.get("/policies/privacy/").content.decode()
    assert "Shorter now." in html
    assert "version 3" in html


def test_an_unknown_policy_and_one_with_only_a_draft_are_not_found(client: Client) -> None:
    policy = Policy.objects.create(slug="returns", title="Returns")
    PolicyVersion.objects.create(policy=policy, body="Draft.")
    assert client.get("/policies/returns/").status_code == 404
    assert client.get("/policies/nothing/").status_code == 404
    assert "No policy is in force yet" in client.get("/policies/").content.decode()


OLD_ADDRESSES = [
    ("customer-service/privacy-and-security.html", "/policies/privacy/"),
    ("customer-service/shipping-information.html", "/policies/shipping/"),
    ("customer-service/payment-methods.html", "/policies/payment/"),
    ("customer-service/terms-of-sale.html", "/policies/terms/"),
    ("customer-service/returns.html", "/policies/returns/"),
    ("customer-service/orders-and-returns.html", "/orders/"),
    ("customer-service/contact-us.html", "/contact/"),
    ("customer-service.html", "/contact/"),
    ("customer-service/", "/contact/"),
]


# Broken once: with contact-us struck from page_urls.MOVED it was 404.
@pytest.mark.parametrize(("old", "new"), OLD_ADDRESSES)
def test_old_addresses_lead_to_pages_that_are_there_for_good(
    client: Client, old: str, new: str
) -> None:
    seed.load()
    response = client.get(f"/{old}")
    assert (response.status_code, response["Location"]) == (301, new)
    assert client.get(new).status_code == 200
    assert client.head(f"/{old}").status_code == 301


def test_no_old_address_is_forgotten_here() -> None:
    assert {old for old, _ in OLD_ADDRESSES} == set(MOVED)


@pytest.mark.parametrize("old", ["customer-service/nothing.html", "customer-service/privacy.htm"])
def test_an_old_address_that_never_was_is_not_found_and_leads_back(
    client: Client, old: str
) -> None:
    response = client.get(f"/{old}")
    assert response.status_code == 404
    html = response.content.decode()
    assert 'href="/"' in html
    assert 'href="/contact/"' in html


def test_markdown_keeps_prose_and_drops_everything_that_runs() -> None:
    html = markdown.render(
        "## One & two\n\n## One & two\n\n<script>x()</script> [a](javascript:x) **b**"
    ).html
    assert '<h2 id="one-two">One &amp; two</h2>' in html
    assert '<h2 id="one-two-2">' in html
    assert "<script" not in html
    assert 'href="javascript' not in html
    assert "<strong>b</strong>" in html


def test_a_notice_is_on_every_page_while_it_holds(client: Client) -> None:
    now = timezone.now()
    hour = timedelta(hours=1)
    Notice.objects.create(text="Away until May.", starts_at=now - hour, ends_at=now + hour)
    Notice.objects.create(text="Not yet.", starts_at=now + hour)
    Notice.objects.create(text="Long over.", starts_at=now - 2 * hour, ends_at=now - hour)
    html = client.get("/contact/").content.decode()
    assert "Away until May." in html
    assert "Not yet." not in html
    assert "Long over." not in html


@pytest.mark.parametrize("slug", seed.SUBJECTS)
def test_no_text_shows_a_gap_a_variable_or_a_note_for_staff(client: Client, slug: str) -> None:
    seed.load()
    html = client.get(f"/policies/{slug}/").content.decode()
    article = html.split('<div class="prose">')[1].split("</div>")[0]
    for sign in ("{{", "}}", "<!--", "&lt;!--", "promise:"):
        assert sign not in article


def test_whoever_finds_a_weakness_reads_where_to_write(client: Client) -> None:
    with time_machine.travel(datetime(2026, 5, 2, 3, 0, tzinfo=UTC), tick=False):
        answer = client.get("/.well-known/security.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content.decode() == (
        "Contact: mailto:service@plantraco.com\n"
        "Contact: tel:+13069551836\n"
        "Expires: 2026-10-29T00:00:00Z\n"
        "Preferred-Languages: en\n"
        "Canonical: http://127.0.0.1:8000/.well-known/security.txt\n"
    )
