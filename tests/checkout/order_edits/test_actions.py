"""Hold and release, refund by line, duplicate, open a return, and who may do what."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.mail.models import Message
from checkout.fulfilment.capture_actions import capture_payment_early
from checkout.fulfilment.partial_cancellation import cancel_items
from checkout.fulfilment.refund_actions import refundable_cents
from checkout.fulfilment.shipments import create_shipment
from checkout.order.locking import OrderActionError
from checkout.order.models import Order
from checkout.order_edits.admin import EDITS
from checkout.order_edits.admin.refund_form import RefundItemsForm
from checkout.order_edits.holds import release_order
from checkout.order_edits.item_refunds import plan_refund
from checkout.payment.models import PaymentAttempt
from tests.checkout.audit.helpers import breaches, ship
from tests.checkout.conftest import transactions
from tests.checkout.fulfilment.helpers import action_url
from tests.checkout.order_edits.steps import edit, form_data, page_of, preview, state_of, stock_of
from tests.checkout.payments import fresh

pytestmark = pytest.mark.django_db


def test_held_order_does_not_ship_until_it_is_released(staff: Client, paid: Order):
    url = action_url(paid, "hold")
    page = page_of(staff.post(url, form_data(paid, "hold"), follow=True))
    assert "The order is on hold." in page
    assert "Held: Phone call" in page
    assert LogEntry.objects.latest("pk").change_message == "Hold: The order is on hold."
    with pytest.raises(OrderActionError, match="Held by staff: Phone call"):
        ship(paid, 2, 1)
    assert not Order.objects.to_ship().exists()
    with pytest.raises(OrderActionError, match="The hold has changed"):
        release_order(order=paid, seen="Another reason", reason="Ok", by=None)
    staff.post(action_url(paid, "release"), form_data(paid, "release"))
    ship(fresh(paid), 2, 1)
    assert breaches() == []


def test_refund_by_line_restocks_and_is_allocated(staff: Client, shipped: Order):
    butterfly = shipped.lines.order_by("pk")[0]
    data = {f"line_{butterfly.pk}": "1", "restock": "on"}
    shown = preview(staff, shipped, "refund-items", **data)
    assert "$55.44 of $145.84 is refunded: Items $49.95, GST $2.50, PST $2.99." in shown
    assert f"Back in stock: 1 × {butterfly.partner_sku}." in shown
    page = edit(staff, shipped, "refund-items", **data)
    assert "$55.44 was refunded." in page
    assert transactions(shipped)[-1] == ("refund", 5544)
    assert stock_of("Butterfly") == (4, 0)
    assert breaches() == []
    edit(staff, shipped, "refund-items", **{f"line_{butterfly.pk}": "2", "shipping": "on"})
    kinds = [cents for kind, cents in transactions(shipped) if kind == "refund"]
    assert kinds == [5544, 5545 + 1276]  # the rest of the line, and shipping with its taxes
    assert breaches() == []


@pytest.mark.parametrize("restock", [{}, {"restock": "on"}])
def test_unit_that_did_not_ship_is_cancelled_not_refunded(
    staff: Client, paid: Order, restock: dict[str, str]
):
    ship(paid, 1, 1)
    butterfly = paid.lines.order_by("pk")[0]
    before = state_of(paid)
    shown = preview(staff, paid, "refund-items", **{f"line_{butterfly.pk}": "2"}, **restock)
    assert "1 of 2 shipped" in shown
    assert "less than or equal to 1" in shown
    with pytest.raises(OrderActionError, match="1 shipped and can be refunded, not 2"):
        plan_refund(paid, {butterfly.pk: 2}, shipping=False, restock=bool(restock))
    assert "Select at least one item, or shipping." in preview(staff, paid, "refund-items")
    assert state_of(paid) == before


def test_units_of_a_captured_order_are_refunded_by_cancelling_and_do_not_ship(
    staff: Client, paid: Order
):
    capture_payment_early(order=paid, reason="Agreed", by=None)
    butterfly, ladybird = paid.lines.order_by("pk")
    assert f"line_{butterfly.pk}" not in RefundItemsForm(subject=fresh(paid)).fields
    cancel_items(order=paid, quantities={butterfly.pk: 2}, reason="Broken", by=None)
    assert transactions(paid)[-1] == ("refund", 11089)
    with pytest.raises(OrderActionError, match="0 left to ship, not 1"):
        ship(fresh(paid), 1)
    create_shipment(
        order=paid, quantities={ladybird.pk: 1}, carrier="UPS", tracking_number="1", by=None
    )
    assert fresh(paid).status == "shipped"
    assert breaches() == []


def test_refundable_is_what_the_latest_payment_has_left(shipped: Order):
    latest = shipped.attempts.get()
    earlier = PaymentAttempt(
        pk=latest.pk - 1, order=shipped, amount_cents=14584, captured_cents=500, state="cancelled",
        expires_at=latest.expires_at,
    )  # fmt: skip
    earlier.save(force_insert=True)
    butterfly = shipped.lines.order_by("pk")[0]
    plan = plan_refund(fresh(shipped), {butterfly.pk: 1}, shipping=False, restock=False)
    assert (plan.left, refundable_cents(fresh(shipped))) == (14584, 14584)


def test_second_person_with_the_same_refund_looks_again(staff: Client, shipped: Order):
    ladybird = shipped.lines.order_by("pk")[1]
    first = preview(staff, shipped, "refund-items", **{f"line_{ladybird.pk}": "1"})
    edit(staff, shipped, "refund-items", **{f"line_{ladybird.pk}": "1"})
    assert "$22.19 of $145.84 is refunded" in first
    again = preview(staff, shipped, "refund-items", **{f"line_{ladybird.pk}": "1"})
    assert "Nothing is left to refund of these items." in again


def test_duplicate_is_a_draft_that_reserves_nothing(staff: Client, paid: Order):
    before = stock_of("Butterfly")
    url = action_url(paid, "duplicate")
    page = page_of(staff.post(url, form_data(paid, "duplicate"), follow=True))
    draft = Order.objects.get(status="draft")
    assert f"Draft {draft.number} was created." in page
    assert f"Copied from order {paid.number}: Phone call" in page
    assert [(line.title, line.quantity) for line in draft.lines.order_by("pk")] == [
        ("Butterfly", 2), ("Ladybird", 1),
    ]  # fmt: skip
    assert (draft.shipping_address.line1, draft.guest_email) == (
        "12 Elm Street",
        "dana@example.com",
    )
    assert draft.total_excl_tax - draft.shipping_excl_tax == Decimal("119.89")
    assert stock_of("Butterfly") == before
    assert breaches() == []


def test_return_is_opened_from_the_order(staff: Client, shipped: Order, charlie: Any):
    butterfly = shipped.lines.order_by("pk")[0]
    url, none = action_url(shipped, "return"), form_data(shipped, "return", why="faulty")
    assert "Enter the quantity of each item" in page_of(staff.post(url, none))
    data = form_data(shipped, "return", **{f"line_{butterfly.pk}": "1", "why": "faulty"})
    assert "was opened." in page_of(staff.post(url, data, follow=True))
    made = shipped.returns.get()
    assert (made.state, made.requested_by) == ("requested", charlie)
    assert Message.objects.filter(email_type="return-requested").exists()
    assert breaches() == []


@pytest.mark.parametrize("name", EDITS)
def test_staff_without_the_permission_get_403(clerk: Client, paid: Order, name: str):
    before = state_of(paid)
    assert clerk.get(action_url(paid, name)).status_code == 403
    assert clerk.post(action_url(paid, name), {"reason": "x"}).status_code == 403
    assert state_of(paid) == before


def test_long_and_unusual_reasons_are_answered(staff: Client, paid: Order):
    url = action_url(paid, "hold")
    for reason in ("x" * 10_000, "a\0b", "", "   "):
        assert staff.post(url, form_data(paid, "hold", reason=reason)).status_code == 200
    assert fresh(paid).staff_hold == ""
    staff.post(url, form_data(paid, "hold", reason="Zażółć 🛩 سلام"))
    assert fresh(paid).staff_hold == "Zażółć 🛩 سلام"


def test_refunded_units_do_not_go_into_stock_twice(staff: Client, shipped: Order):
    butterfly, ladybird = shipped.lines.order_by("pk")
    edit(staff, shipped, "refund-items", **{f"line_{ladybird.pk}": "1", "restock": "on"})
    before = state_of(shipped), stock_of("Ladybird")
    both = {f"line_{butterfly.pk}": "1", f"line_{ladybird.pk}": "1", "restock": "on"}
    shown = preview(staff, shipped, "refund-items", **both)
    assert "Ladybird: nothing is left to refund, so it does not go into stock." in shown
    assert (state_of(shipped), stock_of("Ladybird")) == before
