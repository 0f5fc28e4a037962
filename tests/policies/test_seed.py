"""The policies of the seed data, and the pages and URLs around them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from microflight.page_urls import MOVED
from policies import markdown, seed, services, workflow
from policies.models import Notice, Policy, PolicyVersion
from tests.policies.versions import current_version

pytestmark = pytest.mark.django_db


def test_seed_publishes_each_version_once() -> None:
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


def test_privacy_policy_of_2017_was_in_force_before_the_shop() -> None:
    seed.load()
    old = services.version_at("privacy", datetime(2017, 8, 23, 6, 0, tzinfo=UTC))
    assert (old.number, old.effective_from) == (1, datetime(2017, 8, 23, 6, 0, tzinfo=UTC))
    with pytest.raises(PolicyVersion.DoesNotExist):
        services.version_at("privacy", datetime(2017, 8, 23, 5, 59, tzinfo=UTC))
    assert current_version("privacy").number == 2


def test_returns_policy_has_the_return_window_from_the_settings(settings: Any) -> None:
    settings.RETURN_WINDOW_DAYS = 21
    seed.load()
    body = current_version("returns").body
    assert "until 21 days after the day on which the package shipped" in body
    assert "{" not in body


@pytest.mark.promise("policy-changes")
@pytest.mark.parametrize("slug", seed.POLICIES)
def test_policy_page_has_contents_and_the_date_in_saskatoon(client: Client, slug: str) -> None:
    # 3:00 UTC on the 2nd is the evening of the 1st in Saskatoon
    with time_machine.travel(datetime(2026, 5, 2, 3, 0, tzinfo=UTC), tick=False):
        seed.load()
        html = client.get(f"/policies/{slug}/").content.decode()
    assert "Updated May 1, 2026" in html
    version = current_version(slug)
    headings = markdown.render(version.body).headings
    assert len(headings) >= 5
    for heading in headings:
        assert f'href="#{heading.anchor}"' in html
        assert f'<h2 id="{heading.anchor}">' in html


@pytest.mark.parametrize("slug", seed.POLICIES)
def test_links_in_policies_work(client: Client, slug: str) -> None:
    seed.load()
    links = re.findall(r"\]\(([^)]+)\)", current_version(slug).body)
    internal = [link for link in links if not link.startswith("mailto:")]
    assert [link for link in internal if client.get(link).status_code != 200] == []
    assert {link.split("@")[1] for link in links if link.startswith("mailto:")} <= {"plantraco.com"}


def test_policy_page_takes_one_query_and_none_from_the_cache(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    seed.load()
    client.get("/contact/")  # caches menu and notices
    with django_assert_num_queries(1):
        assert client.get("/policies/privacy/").status_code == 200
    with django_assert_num_queries(0):
        assert client.get("/policies/privacy/").status_code == 200


@pytest.mark.promise("policy-changes")
def test_new_version_is_shown_at_once(
    client: Client, django_capture_on_commit_callbacks: object
) -> None:
    seed.load()
    assert "Version 2" in client.get("/policies/privacy/").content.decode()
    policy = Policy.objects.get(slug="privacy")
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        workflow.adopt(policy, "Shorter now.", summary="Shorter.")
    html = client.get("/policies/privacy/").content.decode()
    assert "Shorter now." in html
    assert "Version 3" in html


def test_policy_without_published_version_gets_404(client: Client) -> None:
    policy = Policy.objects.create(slug="returns", title="Returns")
    PolicyVersion.objects.create(policy=policy, body="Draft.")
    assert client.get("/policies/returns/").status_code == 404
    assert client.get("/policies/nothing/").status_code == 404
    assert "No policy is in force yet" in client.get("/policies/").content.decode()


OLD_PATHS = [
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


# Mutation: without contact-us in page_urls.MOVED it was 404.
@pytest.mark.parametrize(("old", "new"), OLD_PATHS)
def test_old_url_redirects_permanently(client: Client, old: str, new: str) -> None:
    seed.load()
    response = client.get(f"/{old}")
    assert (response.status_code, response["Location"]) == (301, new)
    assert client.get(new).status_code == 200
    assert client.head(f"/{old}").status_code == 301


def test_all_old_urls_are_tested() -> None:
    assert {old for old, _ in OLD_PATHS} == set(MOVED)


@pytest.mark.parametrize("old", ["customer-service/nothing.html", "customer-service/privacy.htm"])
def test_unknown_old_url_gets_404_with_links(client: Client, old: str) -> None:
    response = client.get(f"/{old}")
    assert response.status_code == 404
    html = response.content.decode()
    assert 'href="/"' in html
    assert 'href="/contact/"' in html


def test_markdown_keeps_text_and_removes_scripts() -> None:
    html = markdown.render(
        "## One & two\n\n## One & two\n\n<script>x()</script> [a](javascript:x) **b**"
    ).html
    assert '<h2 id="one-two">One &amp; two</h2>' in html
    assert '<h2 id="one-two-2">' in html
    assert "<script" not in html
    assert 'href="javascript' not in html
    assert "<strong>b</strong>" in html


def test_active_notice_is_on_every_page(client: Client) -> None:
    now = timezone.now()
    hour = timedelta(hours=1)
    Notice.objects.create(text="Away until May.", starts_at=now - hour, ends_at=now + hour)
    Notice.objects.create(text="Not yet.", starts_at=now + hour)
    Notice.objects.create(text="Long over.", starts_at=now - 2 * hour, ends_at=now - hour)
    html = client.get("/contact/").content.decode()
    assert "Away until May." in html
    assert "Not yet." not in html
    assert "Long over." not in html


@pytest.mark.parametrize("slug", seed.POLICIES)
def test_policy_page_shows_no_variables_or_comments(client: Client, slug: str) -> None:
    seed.load()
    html = client.get(f"/policies/{slug}/").content.decode()
    article = html.split('<div class="prose">')[1].split("</div>")[0]
    for text in ("{{", "}}", "<!--", "&lt;!--", "promise:"):
        assert text not in article


def test_security_txt_has_our_contact(client: Client) -> None:
    with time_machine.travel(datetime(2026, 5, 2, 3, 0, tzinfo=UTC), tick=False):
        response = client.get("/.well-known/security.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.decode() == (
        "Contact: mailto:service@plantraco.com\n"
        "Contact: tel:+13069551836\n"
        "Expires: 2026-10-29T00:00:00Z\n"
        "Preferred-Languages: en\n"
        "Canonical: http://127.0.0.1:8000/.well-known/security.txt\n"
    )
