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
from checkout.order.models import Order
from checkout.payment import stripe_gateway as gateway
from tests.checkout.audit.helpers import breaches, ship
from tests.checkout.conftest import transactions
from tests.checkout.fulfilment.helpers import action_url
from tests.checkout.order_edits.steps import edit, form_data, page_of, preview, state_of
from tests.checkout.payments import fresh
from tests.checkout.shopper import hidden

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
