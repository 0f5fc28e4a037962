"""Blocks of the home page: drafts stay hidden, and cached pages show them from start to end."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from catalog.home_blocks.models import HomeBlock
from microflight.core import page_cache
from tests.admin_forms import open_form

NOON = datetime(2026, 6, 1, 18, tzinfo=UTC)
ADD = "admin:home_blocks_homeblock_add"
pytestmark = pytest.mark.django_db


def test_block_is_shown_from_start_to_end_on_the_cached_page(
    client: Client, settings: Settings
) -> None:
    settings.PAGE_CACHE_SECONDS = 3600
    with time_machine.travel(NOON, tick=False) as clock:
        HomeBlock.objects.create(
            title="Spring", text="**Fly** outside.", is_published=True,
            starts_at=NOON + timedelta(seconds=100), ends_at=NOON + timedelta(seconds=200),
        )  # fmt: skip
        page_cache.invalidate()
        seen = []
        for second in (0, 99, 100, 199, 200):
            clock.move_to(NOON + timedelta(seconds=second), tick=False)
            seen.append("<strong>Fly</strong> outside." in client.get("/").content.decode())
    assert seen == [False, False, True, True, False]


def test_blocks_are_in_order_and_drafts_hidden(client: Client) -> None:
    for title, position, is_published in (("B", 2, True), ("A", 1, True), ("C", 0, False)):
        HomeBlock.objects.create(
            title=f"Block {title}", text="Text.", position=position, is_published=is_published
        )
    page = client.get("/").content.decode()
    assert 0 < page.index("Block A") < page.index("Block B")
    assert "Block C" not in page


def test_preview_has_what_was_typed_as_safe_html(staff: Client) -> None:
    stamp = cache.get(page_cache.STAMP)
    form = open_form(staff, reverse(ADD)) | {
        "title": "<b>Été</b>", "text": "## Hi\n<script>1</script> *soft*", "_preview": "1",
    }  # fmt: skip
    form.pop("is_published", None)  # a draft
    page = staff.post(reverse(ADD), form).content.decode()
    assert "<h2>&lt;b&gt;Été&lt;/b&gt;</h2>" in page
    assert "<em>soft</em>" in page
    assert "<script>1" not in page
    assert not HomeBlock.objects.exists()
    assert not HomeBlock.history.exists()
    assert cache.get(page_cache.STAMP) == stamp


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"link": "javascript:alert(1)", "link_text": "Go"}, "Enter a page of the shop"),
        ({"link": "/no-such-page/", "link_text": "Go"}, "Enter a page of the shop"),
        ({"link": "/sale/"}, "Enter a link and the text of its button, or neither."),
        ({"ends_at_0": "2020-01-01", "ends_at_1": "00:00"}, "It ends before it starts."),
    ],
)
def test_wrong_block_is_rejected_and_keeps_what_was_typed(
    changes: dict[str, str], error: str, staff: Client
) -> None:
    form = open_form(staff, reverse(ADD)) | {"title": "عرض 🛩", "text": "Text."} | changes
    answer = staff.post(reverse(ADD), form)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert error in page
    assert "عرض 🛩" in page
    assert not HomeBlock.objects.exists()


def test_saved_block_is_shown_at_once(
    staff: Client, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    client.get("/")
    form = open_form(staff, reverse(ADD))
    form |= {"title": "Sale", "text": "Now.", "link": "/sale/", "link_text": "See it"}
    with django_capture_on_commit_callbacks(execute=True):
        assert staff.post(reverse(ADD), form | {"is_published": "on"}).status_code == 302
    page = client.get("/").content.decode()
    assert '<a class="button" href="/sale/">See it</a>' in page
    assert staff.get(reverse("admin:home_blocks_homeblock_changelist")).status_code == 200
