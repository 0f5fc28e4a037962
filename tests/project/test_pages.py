"""Contact, site map, robots, health, icons and errors."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings as shop_settings
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest
from django.test import Client, RequestFactory, override_settings
from django.urls import path, reverse
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from catalog.models import Category
from microflight import health, navigation
from microflight.urls import urlpatterns as our_urls
from policies import seed


def _raise(error: Exception) -> Callable[[HttpRequest], None]:
    def view(request: HttpRequest) -> None:
        raise error

    return view


urlpatterns = [
    *our_urls,
    path("break/400/", _raise(SuspiciousOperation("x"))),
    path("break/403/", _raise(PermissionDenied())),
    path("break/500/", _raise(RuntimeError("a secret word"))),
]


@pytest.mark.django_db
@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "Bad request"),
        (403, "You do not have access to this page"),
        (404, "Page not found"),
        (500, "Something went wrong"),
    ],
)
def test_every_error_has_a_page(status: int, words: str) -> None:
    response = Client(raise_request_exception=False).get(f"/break/{status}/")
    html = response.content.decode()
    assert response.status_code == status
    assert words in html
    assert 'href="/"' in html
    assert "a secret word" not in html


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("status", [400, 500])
def test_error_page_needs_no_database(status: int) -> None:
    # no django_db mark: any query would fail this test
    response = Client(raise_request_exception=False).get(f"/break/{status}/")
    assert response.status_code == status
    assert b"/static/css/site.css" in response.content


@pytest.mark.django_db
def test_form_without_csrf_token_gets_a_page() -> None:
    response = Client(enforce_csrf_checks=True).post(reverse("account_login"), {"login": "x"})
    assert response.status_code == 403
    assert "This form has expired" in response.content.decode()


@pytest.mark.promise("contact-us", "other-ways")
@pytest.mark.django_db
def test_contact_page_has_all_contact_details(client: Client) -> None:
    html = client.get("/contact/").content.decode()
    for way in (
        "+1 306 955 1836",
        "+1 306 931 0055",
        "sales@plantraco.com",
        "service@plantraco.com",
        "1101 8th Street East",
        "S7H 0S3",
    ):
        assert way in html


@pytest.fixture
def tree(db: None) -> None:
    """Two categories, one below the other, and a hidden one."""
    gear = Category.add_root(name="Micro RC Gear", slug="gear")
    gear.add_child(name="Motors", slug="motors")
    Category.add_root(name="Hidden", slug="hidden", is_public=False)


@pytest.mark.usefixtures("tree")
def test_menu_lists_public_categories(
    django_assert_num_queries: DjangoAssertNumQueries, rf: RequestFactory
) -> None:
    request = rf.get("/")
    with django_assert_num_queries(1):
        (gear,) = navigation.menu(request)
        assert navigation.menu(request) == (gear,)
    assert [child.name for child in gear.children] == ["Motors"]
    motors = Category.objects.get(slug="motors")
    assert gear.children[0].url == motors.get_absolute_url()


@pytest.mark.usefixtures("tree")
def test_site_map_lists_categories_and_policies(client: Client) -> None:
    seed.load()
    html = client.get("/site-map/").content.decode()
    for name in ("Micro RC Gear", "Motors", "Payment Methods", "Contact Us"):
        assert name in html
    assert "Hidden" not in html


def test_robots_txt_excludes_personal_pages(client: Client) -> None:
    text = client.get("/robots.txt").content.decode()
    assert "Disallow: /checkout/\n" in text
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml\n" in text


def test_favicon_redirects(client: Client) -> None:
    response = client.get("/favicon.ico")
    assert (response.status_code, response["Location"]) == (302, "/static/icons/favicon-48.png")


@pytest.mark.django_db
def test_demo_serves_only_media_files(client: Client, settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    (settings.MEDIA_ROOT / "mayfly.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    response = client.get("/media/mayfly.svg")
    assert b"".join(response.streaming_content) == b"<svg/>"  # type: ignore[attr-defined]
    assert response["Cache-Control"] == "public, max-age=604800"
    assert client.get("/media/none.png").status_code == 404
    assert client.get("/media/../secret.txt").status_code == 400
    assert client.get("/media/%2e%2e/secret.txt").status_code == 400


@pytest.mark.django_db
def test_health_is_ok_with_database_and_cache(client: Client) -> None:
    response = client.get("/health/")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": "ok", "cache": "ok"}
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_health_names_the_cache_that_is_down(rf: object) -> None:
    shops_own = {**shop_settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    nowhere = {"default": shops_own}
    with override_settings(CACHES=nowhere):
        response = health.health(rf.get("/health/"))  # type: ignore[attr-defined]
    assert response.status_code == 503
    assert json.loads(response.content) == {"status": "down", "database": "ok", "cache": "down"}


@pytest.mark.django_db
def test_styleguide_shows_components_and_errors(client: Client) -> None:
    html = client.get("/styleguide/").content.decode()
    for part in ("product-card", "weight-large", "stock-backorder", "order-summary", "empty-state"):
        assert part in html
    for status in (400, 403, 404, 500):
        assert client.get(f"/styleguide/errors/{status}/").status_code == status
    assert client.get("/styleguide/errors/418/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/contact/", "/site-map/", "/policies/", "/styleguide/"])
def test_pages_have_no_inline_styles_or_scripts(client: Client, address: str) -> None:
    html = client.get(address).content.decode()
    assert " style=" not in html
    assert "<style" not in html
    assert " onclick" not in html
    assert "<script>" not in html


@pytest.mark.django_db
@pytest.mark.parametrize(
    "host", ["10.1.2.3", "10.1.2.3:8000", "[::1]", "not-our-host", "microflight"]
)
def test_health_answers_load_balancers(host: str, settings: Settings) -> None:
    # Mutation: as a plain view it answered 301 to https, and 400 for the IP address
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["www.example.com"], True
    response = Client().get("/health/", headers={"host": host})
    assert (response.status_code, response.json()["database"]) == (200, "ok")
    assert Client().get("/contact/", headers={"host": host}).status_code == 400
