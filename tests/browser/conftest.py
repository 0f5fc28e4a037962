"""A real browser and the real shop: live server, Stripe double, worker, emails in files."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from tests.browser.chromium import find_chromium
from tests.engines.errors import CannotRun
from tests.stripe_double.control import Double

ROOT = Path(__file__).resolve().parents[2]

# Playwright's own event loop makes Django think that tests run in async code; they do not.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

expect.set_options(timeout=20_000)  # ms until a busy machine shows the page


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here, so that `-m "not browser"` leaves it out."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this folder; skipped, with the reason, where none can be had.

    It ends with them: while Playwright's event loop runs, Django keeps another set of connections,
    and a test elsewhere that forks would leave its own open in parent and child.
    """
    try:
        path = find_chromium()
    except CannotRun as reason:
        pytest.skip(str(reason))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh visitor. A script error or a breach of the content policy fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    visitor = context.new_page()
    complaints: list[str] = []
    visitor.on("pageerror", lambda error: complaints.append(str(error)))
    visitor.on("console", lambda line: _note_breach(line.text, complaints))
    yield visitor
    context.close()
    assert complaints == []


def _note_breach(line: str, complaints: list[str]) -> None:
    if "Content Security Policy" in line:
        complaints.append(line)


@pytest.fixture
def shop(live_server: LiveServer, settings: Settings, tmp_path: Path) -> str:
    """The shop's URL, with settings for this URL and a folder for emails."""
    settings.SITE_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    settings.ALLOWED_HOSTS = ["*"]
    settings.DEMO_EMAIL_FOLDER = tmp_path / "mail"
    settings.DEMO_EMAIL_FOLDER.mkdir()
    return str(live_server.url)


@pytest.fixture
def stocked(shop: str) -> str:
    """The shop's URL, with the demo's products and policies, without images."""
    call_command("seed_shop", no_images=True, verbosity=0)
    return shop


@pytest.fixture
def stripe(shop: str, settings: Settings) -> Iterator[Double]:
    """A Stripe double that calls the shop's webhook."""
    with Double() as double:
        settings.STRIPE_API_BASE = double.url
        settings.STRIPE_JS_URL = double.js_url
        double.add_webhook(f"{shop}/stripe/webhook/", settings.STRIPE_WEBHOOK_SECRET)
        yield double


@pytest.fixture
def worker(shop: str, stripe: Double, settings: Settings) -> Iterator[None]:
    """A Celery worker in its own process, on the test database, that writes emails to files."""
    env = os.environ | {
        "DATABASE_URL": _test_database_url(),
        "SITE_URL": shop,
        "EMAIL_URL": f"file://{settings.DEMO_EMAIL_FOLDER}",
        "STRIPE_API_BASE": stripe.url,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    command = [sys.executable, "-m", "celery", "-A", "microflight", "worker",
               "--pool", "solo", "--loglevel", "WARNING", "--without-gossip"]  # fmt: skip
    process = subprocess.Popen(command, env=env, cwd=ROOT)
    yield
    process.terminate()
    process.wait(timeout=30)


def _test_database_url() -> str:
    values: dict[str, Any] = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    return f"postgres://{values['USER']}@{values['HOST']}:{values['PORT']}/{values['NAME']}"
