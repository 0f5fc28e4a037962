"""Another address for an order that has not shipped: rules, taxes, money, two people at once."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.mail.models import Message
from checkout.documents.models import IssuedDocument
from checkout.documents.services import issue_missing
from checkout.fulfilment.capture_actions import capture_payment_early
from checkout.fulfilment.partial_cancellation import cancel_items
from checkout.fulfilment.refund_actions import refund_order
from checkout.fulfilment.services import cancel_order
from checkout.offline.admin.forms import ChangeQuoteForm
from checkout.order.locking import OrderActionError
from checkout.order.models import Order
from checkout.order_edits.admin import EDITS
from checkout.payment import stripe_gateway as gateway
from checkout.settlement.reconcile import expire_orders
from tests.checkout.audit.helpers import breaches, ship
from tests.checkout.conftest import transactions
from tests.checkout.fulfilment.helpers import action_url
from tests.checkout.order_edits.steps import (
    accept_and_pay,
    edit,
    form_data,
    page_of,
    preview,
    state_of,
)
from tests.checkout.payments import end_payment_window, fresh
from tests.checkout.shopper import hidden
from tests.stripe_double.control import Double

pytestmark = pytest.mark.django_db

CALGARY = {"line1": "1 Ninth Ave", "city": "Calgary", "province": "AB", "postcode": "T2P 1A1"}
TORONTO = {"line1": "1 King St", "city": "Toronto", "province": "ON", "postcode": "M5H 1A1"}
CONFIRM = "Check below what this will do, then confirm."


def test_corrected_street_changes_no_amount_and_is_emailed(staff: Client, paid: Order):
    shown = preview(staff, paid, "address", line1="21 Elm Street")
    assert CONFIRM in shown
    assert "From: Dana Reyes, 12 Elm Street, Saskatoon SK S7K 1A1, Canada" in shown
    assert "The total stays $145.84." in shown
    page = edit(staff, paid, "address", line1="21 Elm Street")
    assert "The address was changed." in page
    assert "Address changed: Phone call" in page
    assert "12 Elm Street" in page
    now = fresh(paid)
    assert now.shipping_address.line1 == "21 Elm Street"
    assert "21 Elm Street" in now.shipping_address.search_text
    assert (now.total_incl_tax, now.attempts.get().due_cents) == (Decimal("145.84"), 14584)
    email = Message.objects.get(email_type="address-changed")
    assert f"Email “{email.subject or email.type_name}”" in page
    assert email.recipient == "dana@example.com"
    assert breaches() == []


def test_lower_taxes_capture_less_and_the_invoice_says_so(staff: Client, paid: Order):
    shown = preview(staff, paid, "address", **CALGARY, keep_price="on")
    assert "The total is $137.96 instead of $145.84: only $137.96 is captured." in shown
    edit(staff, paid, "address", **CALGARY, keep_price="on")
    now, attempt = fresh(paid), paid.attempts.get()
    assert (attempt.amount_cents, attempt.edited_cents, attempt.due_cents) == (14584, -788, 13796)
    assert (now.total_incl_tax, now.supply_province) == (Decimal("137.96"), "AB")
    taxes = now.tax_lines.order_by().values_list("component", "province").distinct()
    assert list(taxes) == [("GST", "AB")]
    assert breaches() == []
    ship(now, 2, 1)
    assert transactions(now) == [("authorize", 14584), ("capture", 13796)]
    issue_missing(fresh(now))
    assert IssuedDocument.objects.get(type="invoice").total_cents == 13796
    assert breaches() == []
    refund_order(order=now, cents=13796, reason="Lost", by=None)
    assert breaches() == []


def test_items_can_be_cancelled_after_the_total_fell(staff: Client, paid: Order):
    edit(staff, paid, "address", **CALGARY, keep_price="on")
    ladybird = paid.lines.order_by("pk")[1]
    cancel_items(order=paid, quantities={ladybird.pk: 1}, reason="Sold out", by=None)
    assert paid.attempts.get().due_cents == 13796 - 2099
    assert breaches() == []
    ship(fresh(paid), 2)
    assert transactions(paid) == [("authorize", 14584), ("capture", 11697)]
    assert breaches() == []


def test_total_above_the_authorized_amount_is_rejected(staff: Client, paid: Order):
    before = state_of(paid)
    shown = preview(staff, paid, "address", **TORONTO, keep_price="on")
    assert "The new total is $148.47, more than the $145.84" in shown
    assert CONFIRM not in shown
    assert state_of(paid) == before


def test_captured_payment_keeps_its_taxes(staff: Client, paid: Order):
    capture_payment_early(order=paid, reason="By phone", by=None)
    before = state_of(paid)
    shown = preview(staff, paid, "address", **CALGARY)
    assert "The address has other taxes, and this payment can no longer change" in shown
    assert state_of(paid) == before
    edit(staff, paid, "address", line1="21 Elm Street")
    assert fresh(paid).shipping_address.line1 == "21 Elm Street"
    assert breaches() == []


def test_other_country_and_closed_destination_are_rejected(staff: Client, paid: Order):
    before = state_of(paid)
    there = {"country": "US", "province": "NY", "postcode": "10001", "city": "New York"}
    assert "depend on the country" in preview(staff, paid, "address", **there)
    assert "Enter a Canadian postal code" in preview(staff, paid, "address", postcode="1234")
    assert state_of(paid) == before


def test_shipped_order_keeps_its_address(staff: Client, shipped: Order):
    response = staff.post(action_url(shipped, "address"), {"once": "1"}, follow=True)
    assert "Edit address: not possible in the current state." in page_of(response)


def test_plan_that_another_person_changed_is_shown_again(staff: Client, paid: Order):
    seen = hidden(preview(staff, paid, "address", line1="1 Oak Street"), "seen")
    edit(staff, paid, "address", line1="2 Birch Street")
    data = form_data(paid, "address", line1="1 Oak Street", seen=seen)
    shown = page_of(staff.post(action_url(paid, "address"), data))
    assert CONFIRM in shown
    assert "From: Dana Reyes, 2 Birch Street" in shown
    assert fresh(paid).shipping_address.line1 == "2 Birch Street"


def test_preview_never_performs(staff: Client, paid: Order):
    seen = hidden(preview(staff, paid, "address", line1="1 Oak Street"), "seen")
    data: dict[str, Any] = form_data(paid, "address", line1="1 Oak Street", seen=seen)
    before = state_of(paid)
    assert "The total stays" in page_of(
        staff.post(action_url(paid, "address"), {**data, "preview": "1"})
    )
    assert state_of(paid) == before


def test_capture_whose_response_was_lost_keeps_the_address(staff: Client, paid: Order):
    seen = hidden(preview(staff, paid, "address", **CALGARY, keep_price="on"), "seen")
    gateway.capture_intent(str(paid.attempts.get().intent_id), cents=14584)
    data = form_data(paid, "address", **CALGARY, keep_price="on", seen=seen)
    page = page_of(staff.post(action_url(paid, "address"), data))
    assert "The address has other taxes, and this payment can no longer change" in page
    assert fresh(paid).shipping_address.state == "SK"
    assert transactions(paid) == [("authorize", 14584), ("capture", 14584)]
    assert breaches() == []


# --- Shipping that costs more ---

EXPRESS = {"line1": "21 Elm Street", "shipping_method": "ca-express"}


@pytest.fixture
def charge(staff: Client, paid: Order) -> Order:
    """The order that charges what faster shipping to another street costs more."""
    edit(staff, paid, "address", **EXPRESS)
    return paid.additions.get()


def test_more_shipping_is_charged_with_a_payment_link(
    staff: Client, paid: Order, accepted: Any, stripe_double: Double
):
    shown = preview(staff, paid, "address", **EXPRESS)
    assert "Shipping there costs $8.00 more, charged as a separate order." in shown
    assert "dana@example.com gets a link to pay $8.88, taxes included, until the end of" in shown
    edit(staff, paid, "address", **EXPRESS)
    charge = paid.additions.get()
    now = fresh(paid)
    assert (now.total_incl_tax, now.shipping_code) == (Decimal("145.84"), "ca-express")
    assert (charge.status, charge.total_incl_tax) == ("pending", Decimal("8.88"))
    assert charge.lines.get().title == f"Shipping to the new address of order {paid.number}"
    assert Message.objects.get(email_type="order-quote").recipient == "dana@example.com"
    with pytest.raises(OrderActionError, match="which was added to it"):
        ship(paid, 2, 1)
    assert "edit-items" not in [name for name in EDITS if EDITS[name].is_available(charge)]
    assert not ChangeQuoteForm.is_available(charge)
    assert breaches() == []
    accept_and_pay(charge, accepted, stripe_double)
    assert fresh(charge).state_label == "Completed"
    assert transactions(charge) == [("authorize", 888), ("capture", 888)]
    issue_missing(fresh(charge))
    assert IssuedDocument.objects.get(type="invoice").total_cents == 888
    ship(fresh(paid), 2, 1)
    assert breaches() == []


def test_charge_expires_and_the_order_ships_without_it(
    staff: Client, paid: Order, charge: Order, stripe_double: Double
):
    end_payment_window(charge)
    expire_orders()
    assert fresh(charge).status == "expired"
    slower = preview(staff, paid, "address", line1="1 Oak Street", shipping_method="ca-parcel")
    assert "The total stays $145.84." in slower
    ship(fresh(paid), 2, 1)
    assert breaches() == []


def test_second_correction_waits_for_the_first_and_counts_it(
    staff: Client, paid: Order, charge: Order, accepted: Any, stripe_double: Double
):
    back = {"line1": "22 Elm Street", "shipping_method": "ca-priority"}
    before = state_of(paid)
    assert f"cancel order {charge.number} first" in preview(staff, paid, "address", **back)
    assert state_of(paid) == before
    accept_and_pay(charge, accepted, stripe_double)
    same = preview(staff, paid, "address", line1="22 Elm Street")
    assert "The total stays $145.84." in same
    assert "more, charged as a separate order" not in same
    slower = {"line1": "12 Elm Street", "shipping_method": "ca-parcel"}
    assert "Shipping: $3.50 instead of $11.50." in preview(staff, paid, "address", **slower)
    # Mutation: with the refunded charge, or the charge of express, the customer got 8.00 twice
    refund_order(order=fresh(charge), cents=888, reason="Too late", by=None)
    assert "The total stays $145.84." in preview(staff, paid, "address", **slower)
    page = page_of(staff.get(action_url(paid, "cancel")))
    assert "charged for its shipping is refunded" not in page


@pytest.mark.parametrize("is_paid", [False, True])
def test_cancelled_order_needs_no_shipping(
    staff: Client, paid: Order, charge: Order, accepted: Any, stripe_double: Double, is_paid: bool
):
    if is_paid:
        accept_and_pay(charge, accepted, stripe_double)
        page = page_of(staff.get(action_url(paid, "cancel")))
        assert f"What order {charge.number} charged for its shipping is refunded." in page
    cancel_order(order=paid, reason="Changed my mind", by=None)
    paid_back = [("authorize", 888), ("capture", 888), ("refund", 888)]
    assert transactions(charge) == (paid_back if is_paid else [])
    assert fresh(charge).status == ("shipped" if is_paid else "cancelled")
    assert breaches() == []


def test_difference_that_no_card_can_pay_is_rejected(
    staff: Client, paid: Order, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("checkout.order_edits.shipping_charges.MINIMUM_CHARGE", 889)
    before = state_of(paid)
    assert "Only $8.88 more: keep the shipping price" in preview(staff, paid, "address", **EXPRESS)
    assert state_of(paid) == before
