"""The staff handbook in the admin."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from microflight import help as handbook

PAGES = sorted(handbook.FOLDER.glob("*.md"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A handbook with two pages and an image."""
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "grid.webp").write_bytes(b"RIFF")
    (tmp_path / "secret.webp").write_bytes(b"RIFF")
    text = "See [refunds](refund.md).\n\n![Grid](images/grid.webp)\n<script>x</script>"
    (tmp_path / "ship.md").write_text(f"# Ship orders\n\n{text}")
    (tmp_path / "refund.md").write_text("# Refund\n\nText.")
    monkeypatch.setattr(handbook, "FOLDER", tmp_path)
    return tmp_path


def test_page_shows_text_images_and_contents(staff: Client, folder: Path) -> None:
    page = staff.get("/admin/help/ship.md").content.decode()
    assert "<h1>Ship orders</h1>" in page
    assert '<img src="images/grid.webp" alt="Grid">' in page
    assert '<a href="refund.md">refunds</a>' in page
    assert "<script>x" not in page
    assert '<a href="/admin/help/refund.md">Refund</a>' in page


def test_image_is_served_and_no_other_file(staff: Client, folder: Path) -> None:
    answer = staff.get("/admin/help/images/grid.webp")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    for path in ("images/..%2Fsecret.webp", "images/none.webp", "none.md", "..%2Fship.md"):
        assert staff.get(f"/admin/help/{path}").status_code == 404


def test_visitors_are_sent_to_the_login(client: Client, folder: Path, db: None) -> None:
    for path in ("", "ship.md", "images/grid.webp"):
        assert client.get(f"/admin/help/{path}").status_code == 302


def test_help_button_opens_the_page_of_the_area(client: Client, alice: User, folder: Path) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    alice.user_permissions.add(*Permission.objects.filter(codename__in=["view_order", "view_user"]))
    client.force_login(User.objects.get(pk=alice.pk))
    orders = client.get(reverse("admin:order_order_changelist")).content.decode()
    assert 'href="/admin/help/ship.md">Help</a>' in orders
    accounts = client.get(reverse("admin:users_user_changelist")).content.decode()
    assert 'href="/admin/help/">Help</a>' in accounts


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_has_a_title_and_its_links_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert len(text.splitlines()) <= 40
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (page.parent / target).is_file(), target
