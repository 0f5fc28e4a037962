"""The worker that sends a letter is killed at every step of it."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.mail import outbox
from accounts.mail import services as post
from accounts.mail.models import Message
from checkout.order.models import Order
from tests.accounts import conftest as mail_server
from tests.checkout.failures.aftermath import send_mail
from tests.checkout.failures.killing import every_step

pytestmark = pytest.mark.usefixtures("needs_threads")
postbox = mail_server.postbox


def test_a_letter_whose_worker_died_is_sent_again_only_where_nobody_wrote_down_that_it_went(
    order: Any, postbox: mail_server.Postbox
):
    # Mutation: a sweep that took only waiting rows left this one "being sent" for ever.
    about: Order = order()
    arrived = []

    def prepare() -> tuple[Message, Callable[[], Any]]:
        row = outbox.add(
            "order-link", subject_id=f"order:{about.number}:{len(arrived)}", to=about.guest_email,
            data={"order": about.pk},
        )  # fmt: skip
        postbox.envelopes.clear()
        return row, lambda: post.deliver(row.pk)

    for row, died_at in every_step(prepare):
        send_mail()
        row.refresh_from_db()
        assert row.state == "sent", died_at
        assert {letter["Message-ID"] for letter in postbox.emails} == {row.message_id}, died_at
        arrived.append((died_at.partition(", ")[2], len(postbox.emails)))
    assert {number for _, number in arrived} == {1, 2}
    twice = [step for step, number in arrived if number == 2]
    assert twice[0] == "after letter"
    assert all("UPDATE" in step for step in twice[1:]), twice
    assert len(twice) <= 3
