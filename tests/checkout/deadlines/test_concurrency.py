"""Replies and the job at the same moment, on separate database connections."""

from datetime import date

import pytest

from checkout.deadlines.models import DelayNotice, DelayReply
from checkout.deadlines.services import refund_unanswered, reply, send_notices
from checkout.order.models import Order
from tests.checkout.conftest import needs_postgres, transactions
from tests.checkout.deadlines.conftest import backorder
from tests.concurrency import run_concurrently

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _engine(db: None) -> None:
    needs_postgres()


def test_concurrent_jobs_send_one_notice(american: Order):
    backorder(american, None)
    results = run_concurrently(*[send_notices] * 4)
    assert sorted(results) == [0, 0, 0, 1]


def test_concurrent_consent_and_refund_have_one_winner(american: Order):
    backorder(american, None)
    send_notices()
    notice = DelayNotice.objects.get()
    run_concurrently(
        lambda: reply(notice=notice, answer="consent"),
        lambda: refund_unanswered(date(2027, 6, 1)),
        lambda: reply(notice=notice, answer="consent"),
        lambda: refund_unanswered(date(2027, 6, 1)),
    )
    now = Order.objects.get(pk=american.pk).status
    kinds = [kind for kind, _ in transactions(american)]
    # Mutation: without the lock in _record, both replies are saved
    if DelayReply.objects.get().type == "consent":
        assert (now, kinds) == ("placed", ["authorize"])
    else:
        assert (now, kinds) == ("cancelled", ["authorize", "void"])


def test_concurrent_cancellations_refund_once(american: Order):
    send_notices()
    notice = DelayNotice.objects.create(order=american, nth=9, promised_on=date(2026, 1, 1))
    run_concurrently(*[lambda: reply(notice=notice, answer="cancel")] * 4)
    assert notice.replies.get().settled_at is not None
    assert [kind for kind, _ in transactions(american)] == ["authorize", "void"]
