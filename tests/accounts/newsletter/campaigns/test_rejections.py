"""Rejected recipients, and rejections that are not the recipient's fault."""

from collections.abc import Callable
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from accounts.newsletter.models import Campaign, Delivery, Feedback, Subscriber, Suppression
from tests.accounts.conftest import Postbox
from tests.accounts.newsletter.campaigns.jobs import prepared, run_job, send_all


@pytest.fixture
def refusing(postbox: Postbox) -> Callable[[str], None]:
    """Let the mail server answer so to every recipient."""

    def refuse(words: str) -> None:
        async def answer(
            server: SMTP, session: Session, envelope: Envelope, to: str, options: Any
        ) -> str:
            return words

        postbox.handle_RCPT = answer  # type: ignore[attr-defined]

    return refuse


@pytest.mark.parametrize(
    ("words", "kind", "state", "suppressed"),
    [
        ("550 5.1.1 No such user", "hard", "blocked", 1),
        ("550 No such user here", "hard", "blocked", 1),
        ("552 5.2.2 Mailbox full", "soft", "active", 0),
        ("554 5.7.1 Relay access denied", "soft", "active", 0),
        ("550 relay not permitted", "soft", "active", 0),
        ("554 Refused. Your address is on a list", "soft", "active", 0),
    ],
)
def test_only_hard_rejection_suppresses(
    subscribe: Any, launched: Any, refusing: Any, words: str, kind: str, state: str, suppressed: int
):
    # Mutation: every refusal counted as a hard bounce, so that a relay that turned us away shut
    # out each reader it was asked about.
    subscribe(1)
    campaign: Campaign = prepared(launched())
    refusing(words)
    send_all(campaign)
    row = Delivery.objects.get()
    assert (row.state, row.reason) == ("failed", words)
    assert Feedback.objects.get().type == kind
    assert Subscriber.objects.get().state == state
    assert Suppression.objects.count() == suppressed


def test_full_mailbox_counts_once(subscribe: Any, launched: Any, refusing: Any):
    # Mutation: only refusals for good were noted, and a full mailbox was tried for ever.
    subscribe(1)
    campaign: Campaign = prepared(launched())
    refusing("452 4.2.2 Mailbox full")
    run_job(campaign)
    assert (Delivery.objects.get().state, Feedback.objects.count()) == ("queued", 0)
    Delivery.objects.update(attempts=6, next_try_at=None)
    send_all(campaign)
    assert Delivery.objects.get().state == "failed"
    assert (Feedback.objects.get().type, Subscriber.objects.get().soft_bounces) == ("soft", 1)


def test_reply_to_accepts_any_script(subscribe: Any, launched: Any, postbox: Postbox):
    # Mutation: no email could be written, and the campaign tried the same ones for ever.
    subscribe(1)
    campaign = send_all(prepared(launched(reply_to="post@bücher.example")))
    assert campaign.state == "sent"
    assert postbox.emails[0]["Reply-To"] == "post@xn--bcher-kva.example"
