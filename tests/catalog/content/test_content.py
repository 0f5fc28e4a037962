"""Pages and menus of staff: drafts, dates, preview, history, and links that work."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from catalog.content.models import Menu, MenuEntry, Page
from catalog.content.seed import ENTRIES
from microflight.core import page_cache
from microflight.core.link_check import has_page
from tests.admin_forms import open_form

NOON = datetime(2026, 6, 1, 18, tzinfo=UTC)
ADD_PAGE, ADD_ENTRY = "admin:content_page_add", "admin:content_menuentry_add"
pytestmark = pytest.mark.django_db


def _page(**values: Any) -> Page:
    return Page.objects.create(
        **{"title": "About us", "slug": "about", "text": "## Team\n\n**Four** people."} | values
    )


def _header(client: Client) -> str:
    return client.get("/").content.decode().partition("<main")[0]


def test_page_is_shown_from_start_to_end_on_the_cached_page(
    client: Client, settings: Settings
) -> None:
    settings.PAGE_CACHE_SECONDS = 3600
    with time_machine.travel(NOON, tick=False) as clock:
        _page(
            is_published=True, starts_at=NOON + timedelta(seconds=100),
            ends_at=NOON + timedelta(seconds=200),
        )  # fmt: skip
        page_cache.invalidate()
        seen = []
        for second in (0, 99, 100, 199, 200):
            clock.move_to(NOON + timedelta(seconds=second), tick=False)
            seen.append(client.get("/pages/about/").status_code)
            assert has_page("/pages/about/") is (seen[-1] == 200)
    assert seen == [404, 404, 200, 200, 404]


def test_page_links_its_headings(client: Client) -> None:
    _page(is_published=True)
    page = client.get("/pages/about/").content.decode()
    assert '<a href="#team">Team</a>' in page
    assert "<strong>Four</strong> people." in page


def test_draft_is_previewed_and_not_found_by_visitors(staff: Client) -> None:
    page = _page()
    url = reverse("admin:content_page_change", args=[page.pk])
    form = open_form(staff, url) | {"text": "Five people.", "_preview": "1"}
    assert "<p>Five people.</p>" in staff.post(url, form).content.decode()
    page.refresh_from_db()
    assert (page.is_published, page.text) == (False, "## Team\n\n**Four** people.")
    assert Page.history.count() == 1
    assert Client().get("/pages/about/").status_code == 404


def test_page_is_restored_from_its_history(staff: Client) -> None:
    page = _page()
    url = reverse("admin:content_page_change", args=[page.pk])
    assert staff.post(url, open_form(staff, url) | {"title": "Who we are"}).status_code == 302
    first = Page.history.earliest()
    history = reverse("admin:content_page_history", args=[page.pk])
    assert "Who we are" in staff.get(history).content.decode()
    staff.post(f"{history}?restore=content.historicalpage:{first.pk}")
    page.refresh_from_db()
    assert page.title == "About us"


def test_renamed_page_is_redirected(staff: Client) -> None:
    page = _page(is_published=True)
    url = reverse("admin:content_page_change", args=[page.pk])
    assert staff.post(url, open_form(staff, url) | {"slug": "who-we-are"}).status_code == 302
    answer = Client().get("/pages/about/")
    assert (answer.status_code, answer["Location"]) == (301, "/pages/who-we-are/")


def test_end_before_start_is_rejected_by_the_database() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        _page(starts_at=NOON, ends_at=NOON)
    assert not Page.objects.exists()


def test_first_entries_are_those_of_the_migration_and_link_to_pages(client: Client) -> None:
    stored = MenuEntry.objects.values_list("menu", "label", "link")
    wanted = {(menu, *pair) for menu, pairs in ENTRIES.items() for pair in pairs}
    assert set(stored) == wanted
    for link in sorted({link for _menu, _label, link in wanted if "/policies/" not in link}):
        assert client.get(link).status_code in (200, 302), link


def test_entries_are_shown_in_order_and_hidden_ones_are_not(client: Client) -> None:
    for label, position, is_published in (("B", 2, True), ("A", 1, True), ("C", 0, False)):
        MenuEntry.objects.create(
            menu=Menu.HEADER, label=f"Entry {label}", link="/sale/", position=position,
            is_published=is_published,
        )  # fmt: skip
    header = _header(client)
    assert 0 < header.index("Entry A") < header.index("Entry B")
    assert "Entry C" not in header


def test_links_take_no_query_on_a_cached_page(
    client: Client, settings: Settings, django_assert_num_queries: Any
) -> None:
    settings.PAGE_CACHE_SECONDS = 3600
    client.get("/")
    with django_assert_num_queries(0):
        assert "/quick-order/" in client.get("/").content.decode()


@pytest.mark.parametrize(
    "link", ["", "javascript:alert(1)", "/no-such-page/", "//other.example/", "/pages/about/"]
)
def test_entry_without_a_page_is_rejected(link: str, staff: Client) -> None:
    _page()  # a draft: visitors would get 404
    before = MenuEntry.objects.count()
    form = open_form(staff, reverse(ADD_ENTRY))
    form |= {"menu": "header", "label": "About us", "link": link}
    answer = staff.post(reverse(ADD_ENTRY), form)
    assert answer.status_code == 200
    assert set(answer.context["adminform"].form.errors) == {"link"}
    assert MenuEntry.objects.count() == before


def test_saved_entry_is_shown_at_once(
    staff: Client, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    client.get("/")
    form = open_form(staff, reverse(ADD_ENTRY))
    form |= {"menu": "header", "label": "Spring sale", "link": "/sale/"}
    with django_capture_on_commit_callbacks(execute=True):
        assert staff.post(reverse(ADD_ENTRY), form).status_code == 302
    assert '<li><a href="/sale/">Spring sale</a></li>' in _header(client)
