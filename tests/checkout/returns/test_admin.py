"""Staff act on returns in the admin. A rejected action changes nothing."""

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
from checkout.payment.models import Transaction
from checkout.returns import services
from checkout.returns.models import Return
from tests.checkout.returns.helpers import approve_and_receive, request_return, snapshot

LIST = "admin:returns_return_changelist"


def act(ret: Return, name: str) -> str:
    return reverse("admin:returns_return_action", args=[ret.pk, name])


def page(ret: Return) -> str:
    return reverse("admin:returns_return_change", args=[ret.pk])


def once(**data: Any) -> dict[str, Any]:
    return {**data, "once": str(uuid.uuid4())}


def counts(ret: Return, restocked: int, scrapped: int) -> dict[str, Any]:
    pk = ret.lines.get().pk
    return once(**{f"restocked_{pk}": restocked, f"scrapped_{pk}": scrapped, "note": ""})


@pytest.fixture
def ret(shipped: Order) -> Return:
    """A return request for two faulty Butterflies."""
    return request_return(shipped, 2, note="Motor <b>dead</b>")


def test_list_filters_by_next_task(staff: Client, charlie: User, shipped: Order):
    numbers = {}
    for task, prepare in {
        "to-answer": lambda one: one,
        "to-receive": lambda one: services.approve(ret=one, by=charlie),
        "to-refund": lambda one: approve_and_receive(one, charlie, (1, 0)),
    }.items():
        numbers[task] = prepare(request_return(shipped, 1, note=task)).number
    for task, number in numbers.items():
        shown = staff.get(reverse(LIST), {"task": task}).content.decode()
        assert [each for each in numbers.values() if each in shown] == [number]
    found = staff.get(reverse(LIST), {"q": numbers["to-refund"].lower()}).content.decode()
    assert [each for each in numbers.values() if each in found] == [numbers["to-refund"]]
    start = staff.get(reverse("admin:index")).content.decode()
    assert "<strong>2</strong> returns to answer or refund" in start


def test_page_shows_the_return_and_its_actions(staff: Client, ret: Return):
    shown = staff.get(page(ret)).content.decode()
    for words in (f"Return {ret.number}", "Requested", "Motor &lt;b&gt;dead&lt;/b&gt;",
                  "2 of 3", "Faulty or does not work", "dana@example.com", "return-requested",
                  "Approve", "Decline"):  # fmt: skip
        assert words in shown
    assert "Mark as received" not in shown


def test_return_is_approved_received_and_refunded(
    staff: Client, charlie: User, ret: Return, shipped: Order
):
    staff.post(act(ret, "approve"), once(note="Small box, please"))
    shown = staff.get(act(ret, "receive")).content.decode()
    assert "Butterfly (MF-" in shown
    assert "Requested: 2." in shown
    staff.post(act(ret, "receive"), counts(ret, 1, 1))
    assert StockRecord.objects.order_by("pk")[0].num_in_stock == 8
    offered = staff.get(act(ret, "refund")).content.decode()
    assert "Calculated refund: $73.99 (Items $66.66, GST $3.33, PST $4.00)." in offered
    form = {"reason": "Return", "amount": "73.99", "calculated_from": '[false, "", 14594]'}
    staff.post(act(ret, "refund"), once(**form))
    ret.refresh_from_db()
    assert ret.state == "refunded"
    refund = Transaction.objects.get(type="refund")
    assert (refund.amount_cents, refund.by) == (7399, charlie)
    assert [event.by for event in ret.events.all()[1:]] == [charlie] * 3
    assert LogEntry.objects.filter(user=charlie).count() == 3
    of_order = staff.get(reverse("admin:order_order_change", args=[shipped.pk])).content.decode()
    assert page(ret) in of_order
    assert "Items $66.66, GST $3.33, PST $4.00" in of_order


def test_changed_fee_or_shipping_shows_a_new_amount_first(
    staff: Client, charlie: User, shipped: Order
):
    ret = approve_and_receive(request_return(shipped, 1, reason="changed-mind"), charlie, (1, 0))
    form = {"reason": "Return", "amount": "37.00", "calculated_from": '[false, "", 14594]'}
    before = snapshot(shipped)
    again = staff.post(act(ret, "refund"), once(**form, delivery="on", fee="15%"))
    assert "The amount is now $44.21." in again.content.decode()
    assert 'value="44.21"' in again.content.decode()
    assert "(Items $28.33, GST $1.99, PST $2.39, Shipping $11.50)" in again.content.decode()
    assert snapshot(shipped) == before
    form |= {"amount": "44.21", "calculated_from": '[true, "15%", 14594]'}
    staff.post(act(ret, "refund"), once(**form, delivery="on", fee="15%"))
    # 85% of a Butterfly with tax (31.45), shipping with tax (12.76)
    assert Transaction.objects.get(type="refund").amount_cents == 4421


def test_refund_form_starts_with_the_fee_of_the_settings(
    staff: Client, charlie: User, shipped: Order, settings: Any
):
    settings.RETURN_FEE_PERCENT = 10
    ret = approve_and_receive(request_return(shipped, 1, reason="changed-mind"), charlie, (1, 0))
    shown = staff.get(act(ret, "refund")).content.decode()
    assert 'value="10%"' in shown
    assert 'value="33.30"' in shown


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": "145.95"}, "Enter an amount from $0.01 to $145.94."),
        ({"amount": "0"}, "Enter an amount from $0.01 to $145.94."),
        ({"amount": "-1"}, "Enter an amount from $0.01 to $145.94."),
        ({"amount": "NaN"}, "Enter a number."),
        ({"amount": ""}, "This field is required."),
        ({"reason": ""}, "This field is required."),
        ({"fee": "much"}, "Enter the fee as 15% or 4.50."),
        ({"fee": "101%"}, "Enter a whole percentage from 0 to 100."),
    ],
)
def test_invalid_refund_is_rejected(
    changes: dict[str, str], words: str, staff: Client, charlie: User, shipped: Order
):
    ret = approve_and_receive(request_return(shipped, 1), charlie, (1, 0))
    before = snapshot(shipped)
    form = {
        "reason": "Return",
        "amount": "37.00",
        "calculated_from": '[false, "", 14594]',
        **changes,
    }
    assert words in staff.post(act(ret, "refund"), once(**form)).content.decode()
    assert snapshot(shipped) == before


def test_fee_above_the_price_is_rejected(staff: Client, charlie: User, shipped: Order):
    ret = approve_and_receive(request_return(shipped, 1, reason="changed-mind"), charlie, (1, 0))
    before = snapshot(shipped)
    form = {"reason": "Return", "amount": "37.00", "calculated_from": '[false, "33.34", 14594]'}
    page = staff.post(act(ret, "refund"), once(**form, fee="33.34")).content.decode()
    assert "The fee can be at most $33.33: the price before tax of the items" in page
    assert snapshot(shipped) == before
    page = staff.post(act(ret, "refund"), once(**form, fee="33.33")).content.decode()
    assert "The amount is now $0.00." in page  # the fee itself is allowed


@pytest.mark.parametrize(
    ("restocked", "scrapped", "words"),
    [
        (3, 0, "less than or equal to 2"),
        (-1, 0, "greater than or equal to 0"),
        (2, 1, "The return request is for 2 of Butterfly, not 3."),
        (0, 0, "Enter what arrived."),
    ],
)
def test_invalid_receipt_is_rejected(
    restocked: int, scrapped: int, words: str, staff: Client, charlie: User, ret: Return
):
    services.approve(ret=ret, by=charlie)
    before = snapshot(ret.order)
    answer = staff.post(act(ret, "receive"), counts(ret, restocked, scrapped))
    assert words in answer.content.decode()
    assert snapshot(ret.order) == before


def test_return_without_refundable_money_can_only_be_closed(
    staff: Client, charlie: User, shipped: Order
):
    ret = approve_and_receive(request_return(shipped, 1), charlie, (1, 0))
    refund_order(order=shipped, cents=14594, reason="All of it", by=charlie)
    shown = staff.get(page(ret)).content.decode()
    assert ">Refund<" not in shown
    assert "Close without refund" in shown
    before = snapshot(shipped)
    answer = staff.post(act(ret, "refund"), once(reason="x", amount="1.00"), follow=True)
    assert "not possible in the current state." in answer.content.decode()
    assert snapshot(shipped) == before


@pytest.mark.parametrize(
    ("name", "email_type"), [("decline", "return-declined"), ("close", "return-closed")]
)
def test_decline_and_close_require_a_reason(
    staff: Client, charlie: User, ret: Return, name: str, email_type: str
):
    if name == "close":
        services.approve(ret=ret, by=charlie)
    before = snapshot(ret.order)
    answer = staff.post(act(ret, name), once(note=" "))
    assert "This field is required." in answer.content.decode()
    assert snapshot(ret.order) == before
    staff.post(act(ret, name), once(note="It was flown"))
    assert Message.objects.filter(email_type=email_type).count() == 1


def test_action_not_allowed_by_the_state_is_rejected(staff: Client, ret: Return):
    before = snapshot(ret.order)
    for name in ("receive", "refund", "close"):
        answer = staff.post(act(ret, name), once(note="x"), follow=True)
        assert "not possible in the current state." in answer.content.decode()
    assert staff.get(act(ret, "burn")).status_code == 404
    assert snapshot(ret.order) == before


def test_form_submitted_twice_acts_once(staff: Client, ret: Return):
    data = once(note="")
    staff.post(act(ret, "approve"), data)
    before = snapshot(ret.order)
    staff.post(act(ret, "approve"), data)
    assert snapshot(ret.order) == before


def test_each_action_requires_its_permission(client: Client, alice: User, ret: Return):
    alice.is_staff = True
    alice.save()
    client.force_login(alice)
    before = snapshot(ret.order)
    assert client.get(page(ret)).status_code == 403
    alice.user_permissions.add(Permission.objects.get(codename="view_return"))
    assert "Approve" not in client.get(page(ret)).content.decode()
    assert client.post(act(ret, "approve"), once(note="")).status_code == 403
    assert snapshot(ret.order) == before
    alice.user_permissions.add(Permission.objects.get(codename="answer_return"))
    assert client.post(act(ret, "approve"), once(note="")).status_code == 302
    assert client.post(act(ret, "receive"), counts(ret, 1, 0)).status_code == 403
    alice.user_permissions.add(Permission.objects.get(codename="receive_return"))
    assert client.post(act(ret, "receive"), counts(ret, 1, 0)).status_code == 302
    assert client.post(act(ret, "refund"), once()).status_code == 403
    ret.refresh_from_db()
    assert ret.state == "received"


def test_other_users_and_forged_forms_are_rejected(
    client: Client, bob: User, charlie: User, ret: Return
):
    before = snapshot(ret.order)
    for _ in range(2):
        assert client.post(act(ret, "approve"), once(note="")).status_code in (302, 403)
        client.force_login(bob)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(charlie)
    assert browser.post(act(ret, "approve"), once(note="")).status_code == 403
    assert snapshot(ret.order) == before
