"""Browsing sets no cookie, stores no row and needs no script or other site."""

import ast
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from microflight import gunicorn
from policies import seed
from tests.catalog import factories

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("accounts", "catalog", "checkout", "microflight", "policies")

pytestmark = pytest.mark.django_db


@pytest.fixture
def pages() -> list[str]:
    """The pages of a visitor who buys nothing; the last one has a form."""
    seed.load()
    top = factories.category("Gear")
    products = factories.products(3, top)
    texts = [f"/policies/{slug}/" for slug in seed.POLICIES]
    plain = ["/", "/contact/", "/site-map/", "/search/?q=rod", "/compare/", "/cart/", *texts]
    return [*plain, top.get_absolute_url(), products[0].get_absolute_url()]


@pytest.mark.promise("no-cookie-for-reading", "reading-without-cookies")
def test_browsing_needs_and_sets_no_cookies(
    pages: list[str],
) -> None:
    found = {}
    for page in pages:
        answer = Client().get(page)  # a browser that brings no cookie along
        assert answer.status_code == 200
        found[page] = sorted(answer.cookies)
    with_form = pages[-1]
    assert found.pop(with_form) == ["csrftoken"]
    assert [page for page, cookies in found.items() if cookies] == []


@pytest.mark.promise("no-visit-list")
def test_visit_stores_nothing(pages: list[str]) -> None:
    client = Client(headers={"user-agent": "Falcon/1.0"}, REMOTE_ADDR="203.0.113.77")
    with CaptureQueriesContext(
        connection,
    ) as seen:
        for page in pages:
            client.get(page)
    writes = [q["sql"] for q in seen if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert writes == []
    assert gunicorn.accesslog is None


@pytest.mark.promise("own-origin", "no-trackers")
def test_pages_load_nothing_from_other_sites(pages: list[str]) -> None:
    for page in pages:
        answer = Client().get(page)
        html = answer.content.decode()
        loaded = re.findall(
            r"<(?:img|script|iframe|source|video)[^>]* src(?:set)?=\"([^\"]+)\"", html
        )
        loaded += re.findall(
            r"<link rel=\"(?:stylesheet|preload|icon)\"[^>]* href=\"([^\"]+)\"", html
        )
        assert loaded
        assert [each for each in loaded if urlsplit(each).netloc] == []
        policy = answer["Content-Security-Policy"]
        assert re.findall(r"https?://\S+", policy) == []
        assert policy.startswith("default-src 'none'; script-src 'self'")


@pytest.mark.promise("no-other-storage")
def test_one_script_uses_browser_storage() -> None:
    scripts = sorted((ROOT / "static" / "js").rglob("*.js"))
    assert len(scripts) >= 6
    stores = re.compile(r"localStorage|sessionStorage|indexedDB|document\.cookie|caches\.open")
    found = {
        path.name: set(stores.findall(path.read_text()))
        for path in scripts
        if stores.search(path.read_text())
    }
    assert found == {"recently-viewed.js": {"localStorage"}}


@pytest.mark.promise("no-sale")
def test_only_stripe_and_email_use_the_network() -> None:
    outside = {"requests", "httpx", "urllib.request", "http.client", "socket", "smtplib", "stripe"}
    found = set()
    for path in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            if any(name in outside or name.partition(".")[0] in outside for name in names):
                found.add(path.relative_to(ROOT).as_posix())
    # Email leaves through Django's own backend, which the settings name; the newsletter reads only
    # the errors of smtplib. The link check of a campaign requests the links before it is
    # sent. The demo looks for free ports on its own machine; the web server listens.
    mail = {"accounts/newsletter/campaigns/transport.py"}
    links = {"microflight/core/outside_links.py"}
    demo = {"microflight/demo_services.py", "microflight/management/commands/demo.py"}
    server = {"microflight/web_worker.py"}
    stripe = {"checkout/payment/stripe_gateway.py", "checkout/payment/stripe_limits.py"}
    # Mutation: `import requests` in catalog/views.py was named here.
    assert found - demo - mail - links - server == stripe


@pytest.mark.promise("secure-checkout")
def test_http_redirects_to_https(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True  # as in production, see test_settings
    settings.SECURE_HSTS_SECONDS = 31_536_000
    client = Client()
    for page in ("/", "/policies/privacy/", "/checkout/", "/account/login/"):
        answer = client.get(page)
        assert (answer.status_code, answer["Location"]) == (301, f"https://testserver{page}")
    kept = client.get("/contact/", secure=True)["Strict-Transport-Security"]
    assert kept.startswith("max-age=31536000")


@pytest.mark.promise("short-memory")
def test_rate_limit_counts_expire() -> None:
    product = factories.product("Moth", stock=0, pictures=0)
    client = Client(REMOTE_ADDR="203.0.113.77")
    client.post("/back-in-stock/", {"product": product.pk, "email": "dana@example.com"})
    client.post("/orders/", {"number": "100014", "email": "dana@example.com"})
    client.post("/account/login/", {"login": "dana@example.com", "password": "wrong"})
    redis = cache._cache.get_client()  # type: ignore[attr-defined]
    left = {key.decode(): redis.ttl(key) for key in redis.scan_iter("*")}
    about = {key: seconds for key, seconds in left.items() if "203.0.113.77" in key}
    emails = {key: seconds for key, seconds in left.items() if "back-in-stock-email" in key}
    assert len(about) >= 2
    assert {key for key, seconds in about.items() if not 0 < seconds <= 3600} == set()
    assert [0 < seconds <= 86_400 for seconds in emails.values()] == [True]
    assert [key for key in left if "dana" in key] == []


@pytest.mark.promise("keyboard")
def test_only_links_fields_and_buttons_are_clickable() -> None:
    odd = re.compile(r"tabindex=\"[1-9]|role=\"button\"|\son(?:click|key\w+)=|href=\"#\"")
    templates = [
        path for path in (ROOT / "templates").rglob("*.html") if "emails" not in path.parts
    ]
    assert len(templates) > 100
    found = [path.name for path in templates if odd.search(path.read_text(encoding="utf-8"))]
    assert found == []


@pytest.mark.promise("readable-pages")
def test_every_page_has_heading_language_and_skip_link(
    pages: list[str],
) -> None:
    for page in pages:
        html = Client().get(page).content.decode()
        assert len(re.findall(r"<h1\b", html)) == 1, page
        assert re.search(r"<html lang=\"en(-\w+)?\"", html), page
        skip = re.search(r"<a class=\"skip-link\" href=\"#([\w-]+)\"", html)
        assert skip is not None, page
        assert f'id="{skip[1]}"' in html, page
