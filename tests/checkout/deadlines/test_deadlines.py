"""Delay notices, replies and automatic refunds, from the FTC rule and Saskatchewan's law."""

from datetime import date

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.mail.models import Message
from checkout.deadlines.models import DelayNotice, DelayReply, DelayRule
from checkout.deadlines.services import DelayError, refund_unanswered, reply, send_notices
from checkout.order.links import status_token
from checkout.order.models import Order
from tests.checkout.conftest import transactions
from tests.checkout.deadlines.conftest import backorder
from tests.checkout.returns.helpers import email_types, snapshot, stock
from tests.stripe_double.control import Double

MONDAY = "2026-12-07T18:00:00Z"  # after the promised Friday


def notice_on(now: str = MONDAY) -> DelayNotice:
    """Run the job at a time; return the newest notice."""
    with time_machine.travel(now, tick=False):
        assert send_notices() == 1
    return DelayNotice.objects.order_by("pk").last()


def status(order: Order) -> str:
    return Order.objects.get(pk=order.pk).status


@pytest.mark.promise("delay-notice")
@pytest.mark.parametrize(
    ("now", "sent"), [("2026-12-05T05:59:00Z", 0), ("2026-12-05T06:00:00Z", 1)]
)
def test_notice_is_sent_after_the_promised_day(american: Order, now: str, sent: int):
    # the 4th ends in Saskatoon at 06:00 UTC
    with time_machine.travel(now, tick=False):
        assert (send_notices(), send_notices()) == (sent, 0)
    assert email_types() == ["delay-notice"] * sent


def test_short_first_delay_is_silent_consent(american: Order):
    notice = notice_on()
    assert (notice.nth, notice.promised_on, notice.refund_on) == (1, date(2026, 12, 4), None)
    assert notice.new_date is not None
    assert date(2026, 12, 7) <= notice.new_date <= date(2027, 1, 3)
    assert refund_unanswered(date(2027, 6, 1)) == 0
    assert status(american) == "placed"


@pytest.mark.promise("delay-notice", "delay-refund")
@pytest.mark.parametrize(
    ("expected_on", "refund_on"),
    # 30 days after December 4; two working days to pack
    [(date(2026, 12, 29), None), (date(2027, 2, 1), date(2027, 1, 3)), (None, date(2027, 1, 3))],
)
def test_long_or_open_ended_delay_needs_consent(
    american: Order, expected_on: date | None, refund_on: date | None
):
    backorder(american, expected_on)
    notice = notice_on("2026-12-01T18:00:00Z")  # known before the promised day
    assert (notice.new_date is None) == (expected_on is None)
    assert notice.refund_on == refund_on


@pytest.mark.promise("delay-refund")
def test_second_delay_needs_consent_by_the_day_promised_last(american: Order):
    backorder(american, date(2026, 12, 14))
    first = notice_on("2026-12-01T18:00:00Z")
    backorder(american, date(2026, 12, 21))
    second = notice_on("2026-12-02T18:00:00Z")
    # Mutation: with `nth >= 1` in _refund_on, silence is consent again
    assert first.refund_on is None
    assert (second.nth, second.promised_on) == (2, first.new_date)
    assert second.refund_on == first.new_date


@pytest.mark.promise("delay-refund")
def test_silence_is_refunded_on_the_deadline(american: Order):
    backorder(american, None)
    notice = notice_on()
    assert refund_unanswered(date(2027, 1, 2)) == 0
    assert status(american) == "placed"
    assert refund_unanswered(date(2027, 1, 3)) == 1
    assert status(american) == "cancelled"
    assert [kind for kind, _ in transactions(american)] == ["authorize", "void"]
    made = notice.replies.get()
    assert (made.type, made.settled_at is not None, made.problem) == ("refund", True, "")
    before = snapshot(american)
    assert refund_unanswered(date(2027, 1, 4)) == 0
    assert snapshot(american) == before


def test_consent_prevents_the_refund_and_can_be_followed_by_cancelling(american: Order):
    backorder(american, None)
    notice = notice_on()
    first = reply(notice=notice, answer="consent")
    assert reply(notice=notice, answer="consent") == first
    assert refund_unanswered(date(2027, 6, 1)) == 0
    assert status(american) == "placed"
    reply(notice=notice, answer="cancel")
    assert (status(american), stock()) == ("cancelled", [(0, 0)])
    with pytest.raises(DelayError):
        reply(notice=DelayNotice.objects.get(), answer="refund")
    assert DelayReply.objects.count() == 2


def test_shipped_order_is_not_cancelled(american: Order):
    Order.objects.filter(pk=american.pk).update(status="shipped")
    notice = DelayNotice.objects.create(order=american, nth=1, promised_on=date(2026, 12, 4))
    with pytest.raises(DelayError, match="shipped or cancelled"):
        reply(notice=notice, answer="cancel")
    assert not DelayReply.objects.exists()


def test_refund_without_an_answer_from_stripe_is_repeated(american: Order, stripe_double: Double):
    backorder(american, None)
    notice_on()
    stripe_double.fault(r"/cancel$", lost=True, when="after", times=3)
    assert refund_unanswered(date(2027, 1, 3)) == 0
    assert "Stripe did not respond" in DelayReply.objects.get().problem
    assert refund_unanswered(date(2027, 1, 3)) == 1
    assert (DelayReply.objects.get().problem, status(american)) == ("", "cancelled")


def test_canadian_silence_is_consent(american: Order):
    rule = DelayRule.objects.get(name="Saskatchewan internet sales")
    rule.countries.add("US")
    DelayRule.objects.exclude(pk=rule.pk).delete()
    backorder(american, None)
    notice = notice_on()
    assert (notice.rule, notice.refund_on) == (rule, None)


# --- The page ---


def test_opening_the_link_changes_nothing(client: Client, american: Order):
    backorder(american, None)
    notice = notice_on()
    url = reverse("deadlines:reply", args=[notice.secret])
    page = client.get(url).content.decode()
    client.head(url)
    assert "I agree to wait" in page
    assert "January 3, 2027" in page
    assert client.post(url, {"answer": "refund"}).status_code == 422
    assert (status(american), DelayReply.objects.count()) == ("placed", 0)
    assert client.get(reverse("deadlines:reply", args=["x"])).status_code == 404


@pytest.mark.promise("delay-cancel")
def test_buyer_cancels_with_one_click(client: Client, american: Order):
    notice = notice_on()
    url = reverse("deadlines:reply", args=[notice.secret])
    page = client.post(url, {"answer": "cancel"}, follow=True).content.decode()
    assert "we recorded your reply" in page
    assert "You cancelled what had not shipped." in page
    assert "If we do not hear from you" not in page
    assert reverse("orders:status", args=[american.number, status_token(american)]) in page
    assert "I agree to wait" not in page
    assert status(american) == "cancelled"
    assert "order-cancelled" in Message.objects.values_list("email_type", flat=True)


# --- What staff see ---


def to_do(staff: Client) -> str:
    return staff.get(reverse("admin:index")).content.decode()


def listed(staff: Client, model: str, task: str) -> list[str]:
    """Return the numbers of the orders in a list of the admin."""
    page = staff.get(reverse(f"admin:{model}_changelist"), {"task": task}).context["cl"]
    return [getattr(each, "order", each).number for each in page.queryset]


def order_page(staff: Client, order: Order) -> str:
    page = staff.get(reverse("admin:order_order_change", args=[order.pk])).content.decode()
    return " ".join(page.split())


def test_staff_see_the_refund_a_week_ahead(staff: Client, american: Order):
    backorder(american, None)
    notice_on()
    label = "<strong>1</strong> delayed orders to be refunded soon"
    with time_machine.travel("2026-12-26T18:00:00Z", tick=False):
        assert label not in to_do(staff)
        assert listed(staff, "deadlines_delaynotice", "due") == []
    with time_machine.travel("2026-12-27T18:00:00Z", tick=False):
        assert label in to_do(staff)
        assert listed(staff, "deadlines_delaynotice", "due") == [american.number]
    assert "refund on 3 Jan 2027 without consent" in order_page(staff, american)


@pytest.mark.parametrize(
    ("now", "expected_on", "shown"),
    [
        ("2026-12-02T18:00:00Z", ..., 0),
        ("2026-12-03T18:00:00Z", ..., 1),  # a working day before Friday, December 4
        ("2026-12-05T18:00:00Z", ..., 1),  # late, and no notice yet
        ("2026-11-26T18:00:00Z", date(2026, 12, 1), 0),
        ("2026-11-27T18:00:00Z", date(2026, 12, 1), 1),  # seven days before: not in stock
    ],
)
def test_staff_see_orders_that_may_ship_late(
    staff: Client, american: Order, now: str, expected_on: date, shown: int
):
    if expected_on is not ...:
        backorder(american, expected_on)
    with time_machine.travel(now, tick=False):
        assert f"<strong>{shown}</strong> orders that may ship late" in to_do(staff)
        assert listed(staff, "order_order", "at-risk") == [american.number] * shown


def test_order_is_at_risk_by_the_day_promised_last(staff: Client, american: Order):
    backorder(american, date(2026, 12, 14))
    assert notice_on("2026-12-01T18:00:00Z").new_date == date(2026, 12, 16)
    with time_machine.travel("2026-12-08T18:00:00Z", tick=False):
        assert listed(staff, "order_order", "at-risk") == []
    with time_machine.travel("2026-12-09T18:00:00Z", tick=False):
        assert listed(staff, "order_order", "at-risk") == [american.number]
    Order.objects.update(status="shipped")
    with time_machine.travel("2026-12-17T18:00:00Z", tick=False):
        assert listed(staff, "order_order", "at-risk") == []


def test_delay_without_a_known_day_is_not_at_risk_again(staff: Client, american: Order):
    backorder(american, None)
    notice_on()
    with time_machine.travel("2026-12-20T18:00:00Z", tick=False):
        assert listed(staff, "order_order", "at-risk") == []


def test_order_page_shows_its_legal_deadline(staff: Client, american: Order):
    assert 'ship by 4 Dec 2026 <span class="quiet">FTC mail-order rule' in order_page(
        staff, american
    )
    backorder(american, date(2027, 2, 1))
    notice = notice_on("2026-12-01T18:00:00Z")
    refund = "ship by 3 Feb 2027; <strong>refund on 3 Jan 2027 without consent</strong>"
    assert refund in order_page(staff, american)
    reply(notice=notice, answer="consent")
    assert refund not in order_page(staff, american)
    assert "ship by 3 Feb 2027 <span" in order_page(staff, american)
    Order.objects.update(status="shipped")
    assert "Legal deadline" not in order_page(staff, american)


def test_refund_that_stripe_rejects_is_shown_to_staff(
    staff: Client, american: Order, stripe_double: Double
):
    backorder(american, None)
    notice = notice_on()
    reply(notice=notice, answer="consent")
    stripe_double.fault(r"/cancel$", status=402, times=1)
    reply(notice=notice, answer="cancel")
    assert status(american) == "placed"
    assert "<strong>1</strong> failed refunds of delayed orders" in to_do(staff)
    assert listed(staff, "deadlines_delaynotice", "failed") == [american.number]
    assert refund_unanswered() == 1
    assert "<strong>0</strong> failed refunds of delayed orders" in to_do(staff)
    assert listed(staff, "deadlines_delaynotice", "failed") == []
