"""The worker that sends an email is killed at every step."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.mail import outbox
from accounts.mail import services as mail_services
from accounts.mail.models import Message
from checkout.order.models import Order
from tests.accounts import conftest as mail_server
from tests.checkout.failures.killed_process import every_step
from tests.checkout.failures.recovery import send_emails

pytestmark = pytest.mark.usefixtures("postgres_only")
postbox = mail_server.postbox


def test_email_of_a_killed_worker_is_sent_again_only_if_not_recorded(
    order: Any, postbox: mail_server.Postbox
):
    # Mutation: a sweep that took only waiting messages left this one in "sending" forever
    about: Order = order()
    sent = []

    def prepare() -> tuple[Message, Callable[[], Any]]:
        row = outbox.add(
            "order-link", subject_id=f"order:{about.number}:{len(sent)}", to=about.guest_email,
            data={"order": about.pk},
        )  # fmt: skip
        postbox.envelopes.clear()
        return row, lambda: mail_services.deliver(row.pk)

    for row, killed_at in every_step(prepare):
        send_emails()
        row.refresh_from_db()
        assert row.state == "sent", killed_at
        assert {email["Message-ID"] for email in postbox.emails} == {row.message_id}, killed_at
        sent.append((killed_at.partition(", ")[2], len(postbox.emails)))
    assert {number for _, number in sent} == {1, 2}
    twice = [step for step, number in sent if number == 2]
    assert twice[0] == "after email"
    assert all("UPDATE" in step for step in twice[1:]), twice
    assert len(twice) <= 3
