"""Staff answer, receive and refund returns; what is refused leaves everything as it was."""

import uuid
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.mail.models import Message
from accounts.users.models import User
from catalog.partner.models import StockRecord
from checkout.fulfilment.refund_actions import refund_order
from checkout.order.models import Order
from checkout.payment.models import Movement
from checkout.returns import services
from checkout.returns.models import Return
from tests.checkout.returns.conftest import asked, came, shipped
from tests.checkout.returns.test_services import everything

__all__ = ["shipped"]

LIST = "admin:returns_return_changelist"


def act(ret: Return, name: str) -> str:
    return reverse("admin:returns_return_action", args=[ret.pk, name])


def page(ret: Return) -> str:
    return reverse("admin:returns_return_change", args=[ret.pk])


def once(**data: Any) -> dict[str, Any]:
    return {**data, "once": str(uuid.uuid4())}


def counts(ret: Return, restocked: int, scrapped: int) -> dict[str, Any]:
    pk = ret.lines.get().pk
    return once(**{f"restocked_{pk}": restocked, f"scrapped_{pk}": scrapped, "why": ""})


@pytest.fixture
def ret(shipped: Order) -> Return:
    """Two Butterflies that do not work."""
    return asked(shipped, 2, why="Motor <b>dead</b>")


def test_the_list_says_what_waits_for_whom(staff: Client, charlie: User, shipped: Order):
    numbers = {}
    for task, prepare in {
        "to-answer": lambda one: one,
        "to-receive": lambda one: services.approve(ret=one, by=charlie),
        "to-refund": lambda one: came(one, charlie, (1, 0)),
    }.items():
        numbers[task] = prepare(asked(shipped, 1, why=task)).number
    for task, number in numbers.items():
        shown = staff.get(reverse(LIST), {"task": task}).content.decode()
        assert [each for each in numbers.values() if each in shown] == [number]
    found = staff.get(reverse(LIST), {"q": numbers["to-refund"].lower()}).content.decode()
    assert [each for each in numbers.values() if each in found] == [numbers["to-refund"]]
    start = staff.get(reverse("admin:index")).content.decode()
    assert "<strong>2</strong> returns to answer or refund" in start


def test_the_page_shows_everything_and_what_may_be_done(staff: Client, ret: Return):
    shown = staff.get(page(ret)).content.decode()
    for words in (f"Return {ret.number}", "Asked for", "Motor &lt;b&gt;dead&lt;/b&gt;",
                  "2 of 3", "It does not work", "dana@example.com", "return-requested",
                  "Approve", "Refuse"):  # fmt: skip
        assert words in shown
    assert "Mark as received" not in shown


def test_a_return_goes_through_the_whole_desk(
    staff: Client, charlie: User, ret: Return, shipped: Order
):
    staff.post(act(ret, "approve"), once(why="Small box, please"))
    shown = staff.get(act(ret, "receive")).content.decode()
    assert "Butterfly (MF-" in shown
    assert "2 announced." in shown
    staff.post(act(ret, "receive"), counts(ret, 1, 1))
    assert StockRecord.objects.order_by("pk")[0].num_in_stock == 8
    offered = staff.get(act(ret, "refund")).content.decode()
    assert "Worked out: $73.99 (goods $66.66, GST $3.33, PST $4.00)." in offered
    form = {"reason": "Return", "amount": "73.99", "worked_out": '[false, "", 14594]'}
    staff.post(act(ret, "refund"), once(**form))
    ret.refresh_from_db()
    assert ret.state == "refunded"
    movement = Movement.objects.get(kind="refund")
    assert (movement.amount_cents, movement.by) == (7399, charlie)
    assert [event.by for event in ret.events.all()[1:]] == [charlie] * 3
    assert LogEntry.objects.filter(user=charlie).count() == 3
    of_order = staff.get(reverse("admin:order_order_change", args=[shipped.pk])).content.decode()
    assert page(ret) in of_order
    assert "goods $66.66, GST $3.33, PST $4.00" in of_order


def test_a_changed_choice_shows_the_amount_again_before_anything_moves(
    staff: Client, charlie: User, shipped: Order
):
    ret = came(asked(shipped, 1, reason="changed-mind"), charlie, (1, 0))
    form = {"reason": "Return", "amount": "37.00", "worked_out": '[false, "", 14594]'}
    before = everything(shipped)
    again = staff.post(act(ret, "refund"), once(**form, delivery="on", fee="15%"))
    assert "The amount is now $44.21." in again.content.decode()
    assert 'value="44.21"' in again.content.decode()
    assert "(goods $28.33, GST $1.99, PST $2.39, delivery $11.50)" in again.content.decode()
    assert everything(shipped) == before
    form |= {"amount": "44.21", "worked_out": '[true, "15%", 14594]'}
    staff.post(act(ret, "refund"), once(**form, delivery="on", fee="15%"))
    # 85 % of a Butterfly and its tax (31.45), delivery with its tax (12.76)
    assert Movement.objects.get(kind="refund").amount_cents == 4421


def test_the_fee_of_the_settings_is_offered(
    staff: Client, charlie: User, shipped: Order, settings: Any
):
    settings.RETURN_FEE_PERCENT = 10
    ret = came(asked(shipped, 1, reason="changed-mind"), charlie, (1, 0))
    shown = staff.get(act(ret, "refund")).content.decode()
    assert 'value="10%"' in shown
    assert 'value="33.30"' in shown


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": "145.95"}, "Between $0.01 and $145.94 can be given back."),
        ({"amount": "0"}, "Between $0.01 and $145.94 can be given back."),
        ({"amount": "-1"}, "Between $0.01 and $145.94 can be given back."),
        ({"amount": "NaN"}, "Enter a number."),
        ({"amount": ""}, "This field is required."),
        ({"reason": ""}, "This field is required."),
        ({"fee": "much"}, "Write the fee as 15% or as 4.50."),
        ({"fee": "101%"}, "A fee in per cent is a whole number from 0 to 100."),
    ],
)
def test_a_refund_that_cannot_be_is_refused(
    changes: dict[str, str], words: str, staff: Client, charlie: User, shipped: Order
):
    ret = came(asked(shipped, 1), charlie, (1, 0))
    before = everything(shipped)
    form = {"reason": "Return", "amount": "37.00", "worked_out": '[false, "", 14594]', **changes}
    assert words in staff.post(act(ret, "refund"), once(**form)).content.decode()
    assert everything(shipped) == before


def test_a_fee_above_the_price_is_refused_and_not_cut(staff: Client, charlie: User, shipped: Order):
    ret = came(asked(shipped, 1, reason="changed-mind"), charlie, (1, 0))
    before = everything(shipped)
    form = {"reason": "Return", "amount": "37.00", "worked_out": '[false, "33.34", 14594]'}
    page = staff.post(act(ret, "refund"), once(**form, fee="33.34")).content.decode()
    assert "The fee is at most $33.33: the price before tax of the items" in page
    assert everything(shipped) == before
    page = staff.post(act(ret, "refund"), once(**form, fee="33.33")).content.decode()
    assert "The amount is now $0.00." in page  # the fee itself is allowed


@pytest.mark.parametrize(
    ("restocked", "scrapped", "words"),
    [
        (3, 0, "less than or equal to 2"),
        (-1, 0, "greater than or equal to 0"),
        (2, 1, "2 of Butterfly were to come back, not 3."),
        (0, 0, "Nothing is in this receipt."),
    ],
)
def test_a_receipt_that_cannot_be_is_refused(
    restocked: int, scrapped: int, words: str, staff: Client, charlie: User, ret: Return
):
    services.approve(ret=ret, by=charlie)
    before = everything(ret.order)
    answer = staff.post(act(ret, "receive"), counts(ret, restocked, scrapped))
    assert words in answer.content.decode()
    assert everything(ret.order) == before


def test_where_no_money_is_left_a_return_can_only_be_closed(
    staff: Client, charlie: User, shipped: Order
):
    ret = came(asked(shipped, 1), charlie, (1, 0))
    refund_order(order=shipped, cents=14594, reason="All of it", by=charlie)
    shown = staff.get(page(ret)).content.decode()
    assert "Give money back" not in shown
    assert "Close without a refund" in shown
    before = everything(shipped)
    answer = staff.post(act(ret, "refund"), once(reason="x", amount="1.00"), follow=True)
    assert "not possible in the current state." in answer.content.decode()
    assert everything(shipped) == before


@pytest.mark.parametrize(
    ("name", "email_type"), [("refuse", "return-declined"), ("close", "return-closed")]
)
def test_a_no_needs_a_reason(staff: Client, charlie: User, ret: Return, name: str, email_type: str):
    if name == "close":
        services.approve(ret=ret, by=charlie)
    before = everything(ret.order)
    answer = staff.post(act(ret, name), once(why=" "))
    assert "This field is required." in answer.content.decode()
    assert everything(ret.order) == before
    staff.post(act(ret, name), once(why="It was flown"))
    assert Message.objects.filter(kind=email_type).count() == 1


def test_an_act_that_the_state_does_not_allow_is_refused(staff: Client, ret: Return):
    before = everything(ret.order)
    for name in ("receive", "refund", "close"):
        answer = staff.post(act(ret, name), once(why="x"), follow=True)
        assert "not possible in the current state." in answer.content.decode()
    assert staff.get(act(ret, "burn")).status_code == 404
    assert everything(ret.order) == before


def test_a_page_sent_twice_acts_once(staff: Client, ret: Return):
    data = once(why="")
    staff.post(act(ret, "approve"), data)
    before = everything(ret.order)
    staff.post(act(ret, "approve"), data)
    assert everything(ret.order) == before


def test_each_act_asks_for_its_own_right(client: Client, alice: User, ret: Return):
    alice.is_staff = True
    alice.save()
    client.force_login(alice)
    before = everything(ret.order)
    assert client.get(page(ret)).status_code == 403
    alice.user_permissions.add(Permission.objects.get(codename="view_return"))
    assert "Approve" not in client.get(page(ret)).content.decode()
    assert client.post(act(ret, "approve"), once(why="")).status_code == 403
    assert everything(ret.order) == before
    alice.user_permissions.add(Permission.objects.get(codename="answer_return"))
    assert client.post(act(ret, "approve"), once(why="")).status_code == 302
    assert client.post(act(ret, "receive"), counts(ret, 1, 0)).status_code == 403
    alice.user_permissions.add(Permission.objects.get(codename="receive_return"))
    assert client.post(act(ret, "receive"), counts(ret, 1, 0)).status_code == 302
    assert client.post(act(ret, "refund"), once()).status_code == 403
    ret.refresh_from_db()
    assert ret.state == "received"


def test_strangers_and_forged_forms_are_sent_away(
    client: Client, bob: User, charlie: User, ret: Return
):
    before = everything(ret.order)
    for _ in range(2):
        assert client.post(act(ret, "approve"), once(why="")).status_code in (302, 403)
        client.force_login(bob)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(charlie)
    assert browser.post(act(ret, "approve"), once(why="")).status_code == 403
    assert everything(ret.order) == before
