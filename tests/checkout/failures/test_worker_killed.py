"""A worker of Celery, a real process, is killed while it sends a letter."""

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
from tests.checkout.failures.scene import PLACED, end, press
from tests.checkout.failures.serving import kill, make_due, queue, wait_until, worker
from tests.engines.postgres import free_port
from tests.stripe_double.control import Double


class SlowPostbox(Postbox):
    """A mail server that takes its time over the first letter to the shopper: before it takes the
    letter, or after, without saying so."""

    def __init__(self, takes_it_first: bool) -> None:
        super().__init__()
        self.takes_it_first = takes_it_first
        self.busy, self.go_on = threading.Event(), threading.Event()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if envelope.rcpt_tos != ["dana@example.com"] or self.busy.is_set():
            return await super().handle_DATA(server, session, envelope)
        if self.takes_it_first:
            await super().handle_DATA(server, session, envelope)
        self.busy.set()
        await asyncio.get_running_loop().run_in_executor(None, self.go_on.wait)
        return "451 never said: nobody listens any more"


@pytest.fixture(params=[False, True], ids=["before it is taken", "after it is taken"])
def box(request: Any, needs_threads: None, settings: Any) -> Iterator[SlowPostbox]:
    """A slow mail server; workers find it by EMAIL_URL."""
    slow = SlowPostbox(request.param)
    server = Controller(slow, hostname="127.0.0.1", port=free_port())
    server.start()
    settings.EMAIL_PORT = server.port
    yield slow
    slow.go_on.set()
    server.stop()


def test_a_letter_whose_worker_is_killed_goes_out_once_or_again_under_the_same_message_id(
    box: SlowPostbox, buyer: Client, form: dict[str, Any], stripe_double: Double, settings: Any
):
    # Mutation: a new Message-ID for each try: the customer's mailbox shows two letters.
    env = {"EMAIL_URL": f"smtp://127.0.0.1:{settings.EMAIL_PORT}"}
    with worker(**env) as first:
        press(buyer, form, stripe_double)
        wait_until(box.busy.is_set, "the worker to send")
        kill(first)
    row = Message.objects.get(kind="order-received")
    assert (row.state, row.attempts) == ("sending", 1)

    with worker(**env):
        make_due()  # the time of the dead worker's claim is over
        queue("accounts.mail.tasks.sweep", **env)
        wait_until(lambda: not Message.objects.exclude(state="sent").exists(), "the letters")
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("sent", 2)
    mine = [letter for letter in box.emails if letter["To"] == "dana@example.com"]
    assert [letter["Message-ID"] for letter in mine] == [row.message_id] * (1 + box.takes_it_first)
    assert Order.objects.get().number in str(mine[0]["Subject"])
    assert end(stripe_double) == PLACED
