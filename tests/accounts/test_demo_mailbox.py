"""The demo mailbox, filled by the email backend of the demo."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.mail.models import Message
from accounts.mail.tasks import deliver

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.DEMO_EMAIL_FOLDER = settings.EMAIL_FILE_PATH = tmp_path / "mail"
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    return tmp_path / "mail"


def test_empty_mailbox_says_what_to_do(client: Client, folder: Path) -> None:
    assert "No emails yet" in client.get(reverse("mailbox:index")).content.decode()


def test_email_is_listed_and_shown_as_text_and_html(
    client: Client, folder: Path, welcome: Message
) -> None:
    deliver(welcome.pk)
    page = client.get(reverse("mailbox:index"))
    [email] = page.context["emails"]
    assert "Welcome to MicroFlight" in page.content.decode()
    shown = client.get(reverse("mailbox:email", args=[email.key])).content.decode()
    assert "Your email address is confirmed" in shown
    assert 'href="http://127.0.0.1:8000/account/"' in shown
    assert "service@plantraco.com" in shown
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in shown


def test_html_runs_no_scripts_and_opens_links_in_new_tab(
    client: Client, folder: Path, welcome: Message
) -> None:
    deliver(welcome.pk)
    [email] = client.get(reverse("mailbox:index")).context["emails"]
    body = client.get(reverse("mailbox:body", args=[email.key]))
    assert body["Content-Security-Policy"].startswith("default-src 'none'; style-src")
    assert "script-src" not in body["Content-Security-Policy"]
    assert body["X-Frame-Options"] == "SAMEORIGIN"
    assert '<base target="_blank">' in body.content.decode()


def test_newest_email_comes_first(client: Client, folder: Path, welcome: Message) -> None:
    deliver(welcome.pk)
    Message.objects.filter(pk=welcome.pk).update(state="queued", recipient="second@example.com")
    deliver(welcome.pk)
    emails = client.get(reverse("mailbox:index")).context["emails"]
    assert [email.mail["To"] for email in emails] == ["second@example.com", "alice@example.com"]


@pytest.mark.parametrize("key", ["nothing.0", "..%2Fsecret.0", "20261122-0.x", "a.b.c"])
def test_unknown_email_is_404(client: Client, folder: Path, key: str) -> None:
    assert client.get(f"/demo/mailbox/{key}/").status_code == 404


def test_mailbox_exists_in_demo_only(client: Client, folder: Path, settings: Any) -> None:
    settings.DEMO = False
    assert client.get(reverse("mailbox:index")).status_code == 404
