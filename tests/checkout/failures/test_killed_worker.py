"""A real Celery worker is killed while it sends an email."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.test import Client

from accounts.mail.models import Message
from checkout.order.models import Order
from tests.accounts.conftest import Postbox
from tests.checkout.failures.processes import kill, make_due, queue, wait_until, worker
from tests.checkout.failures.scenario import PLACED, press_pay, snapshot
from tests.engines.postgres import free_port
from tests.stripe_double.control import Double


class SlowPostbox(Postbox):
    """A mail server that stalls on the first email to the shopper, before or after accepting it."""

    def __init__(self, accepts_first: bool) -> None:
        super().__init__()
        self.accepts_first = accepts_first
        self.busy, self.go_on = threading.Event(), threading.Event()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if envelope.rcpt_tos != ["dana@example.com"] or self.busy.is_set():
            return await super().handle_DATA(server, session, envelope)
        if self.accepts_first:
            await super().handle_DATA(server, session, envelope)
        self.busy.set()
        await asyncio.get_running_loop().run_in_executor(None, self.go_on.wait)
        return "451 the worker is gone"


@pytest.fixture(params=[False, True], ids=["before accepting", "after accepting"])
def box(request: Any, postgres_only: None, settings: Any) -> Iterator[SlowPostbox]:
    """A slow mail server; workers find it by EMAIL_URL."""
    slow = SlowPostbox(request.param)
    server = Controller(slow, hostname="127.0.0.1", port=free_port())
    server.start()
    settings.EMAIL_PORT = server.port
    yield slow
    slow.go_on.set()
    server.stop()


def test_email_of_a_killed_worker_keeps_its_message_id(
    box: SlowPostbox, buyer: Client, form: dict[str, Any], stripe_double: Double, settings: Any
):
    # Mutation: a new Message-ID for each try: the customer saw two emails
    env = {"EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}"}
    with worker(**env) as first:
        press_pay(buyer, form, stripe_double)
        wait_until(box.busy.is_set, "the worker to send")
        kill(first)
    row = Message.objects.get(email_type="order-confirmed")
    assert (row.state, row.attempts) == ("sending", 1)

    with worker(**env):
        make_due()  # the claim of the killed worker has expired
        queue("accounts.mail.tasks.sweep", **env)
        wait_until(lambda: not Message.objects.exclude(state="sent").exists(), "the emails")
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("sent", 2)
    mine = [email for email in box.emails if email["To"] == "dana@example.com"]
    assert [email["Message-ID"] for email in mine] == [row.message_id] * (1 + box.accepts_first)
    assert Order.objects.get().number in str(mine[0]["Subject"])
    assert snapshot(stripe_double) == PLACED
