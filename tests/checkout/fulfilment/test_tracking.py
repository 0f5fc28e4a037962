"""Tracking numbers are added and corrected after shipping; dangerous buttons are never primary."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from accounts.mail.models import Message
from accounts.users.models import User
from checkout.order.models import Order, OrderNote, ShippingEvent
from microflight.core.action_view import ActionAdmin
from tests.admin_forms import fields_of, open_form
from tests.checkout.fulfilment.helpers import action_url, order_url, shipment_data, snapshot


@pytest.fixture
def shipped(staff: Client, paid: Order) -> Order:
    """An order that shipped without a tracking number."""
    staff.post(action_url(paid, "ship"), shipment_data(paid, 2, 1, tracking_number=""))
    paid.refresh_from_db()
    return paid


def tracking_form(client: Client, order: Order, **changes: str) -> dict[str, Any]:
    event = order.shipping_events.get()
    form = open_form(client, action_url(order, "tracking"))
    return {**form, **{f"{name}_{event.pk}": value for name, value in changes.items()}}


def test_tracking_number_is_added_with_a_note_and_without_email(
    staff: Client, shipped: Order, charlie: User
) -> None:
    form = tracking_form(staff, shipped, number=" CP 7 ")
    page = staff.post(action_url(shipped, "tracking"), form, follow=True).content.decode()
    assert "1 shipment corrected." in page
    assert ShippingEvent.objects.get().tracking_number == "CP 7"
    note = OrderNote.objects.get()
    assert note.user == charlie
    assert note.message.endswith(": “Canada Post” was corrected to “Canada Post CP 7”.")
    assert note.message in page
    assert Message.objects.filter(email_type="shipment-sent").count() == 1


def test_customer_is_emailed_each_correction_if_chosen(staff: Client, shipped: Order) -> None:
    for number in ("CP7", "CP8", "CP7"):
        form = {**tracking_form(staff, shipped, number=number), "notify": "on"}
        staff.post(action_url(shipped, "tracking"), form)
    emails = Message.objects.filter(email_type="shipment-sent").order_by("pk")
    assert emails.count() == 4
    assert emails.last().data["corrected"] is True
    assert Order.objects.get().status == "shipped"


# Mutation: without `clean`, the second correction replaced the first one.
def test_correction_of_two_people_is_rejected_with_both_values(
    staff: Client, shipped: Order
) -> None:
    outdated = tracking_form(staff, shipped, number="CP8")
    staff.post(action_url(shipped, "tracking"), tracking_form(staff, shipped, number="CP7"))
    before = snapshot(shipped)
    page = staff.post(action_url(shipped, "tracking"), outdated).content.decode()
    assert "changed this to “Canada Post CP7” after you opened the page" in page
    assert "you entered “Canada Post CP8”" in page
    assert snapshot(shipped) == before
    assert ShippingEvent.objects.get().tracking_number == "CP7"
    staff.post(action_url(shipped, "tracking"), fields_of(page))
    assert ShippingEvent.objects.get().tracking_number == "CP8"


@pytest.mark.parametrize("seen", [None, "", "x", "[]"])
def test_correction_that_does_not_say_what_it_showed_is_rejected(
    staff: Client, shipped: Order, seen: str | None
) -> None:
    # Mutation: _seen() with the stored numbers instead of None
    url, name = action_url(shipped, "tracking"), f"seen_{shipped.shipping_events.get().pk}"
    staff.post(url, tracking_form(staff, shipped, number="CP7"))
    before = snapshot(shipped)
    form = tracking_form(staff, shipped, number="CP8")
    form.pop(name) if seen is None else form.update({name: seen})
    page = staff.post(url, form).content.decode()
    assert "Someone else changed this to “Canada Post CP7”" in page
    assert snapshot(shipped) == before
    staff.post(url, fields_of(page))
    assert ShippingEvent.objects.get().tracking_number == "CP8"


def test_unchanged_tracking_number_is_rejected(staff: Client, shipped: Order) -> None:
    before = snapshot(shipped)
    page = staff.post(action_url(shipped, "tracking"), tracking_form(staff, shipped))
    assert "Nothing was changed." in page.content.decode()
    assert snapshot(shipped) == before


@pytest.mark.parametrize("number", ["CP\n7", "CP\r\n7"])
def test_line_break_in_a_tracking_number_is_rejected(
    number: str, staff: Client, shipped: Order
) -> None:
    page = staff.post(action_url(shipped, "tracking"), tracking_form(staff, shipped, number=number))
    assert "Use one line." in page.content.decode()
    assert ShippingEvent.objects.get().tracking_number == ""


def test_order_that_has_not_shipped_has_no_tracking_form(staff: Client, paid: Order) -> None:
    assert "Correct tracking numbers" not in staff.get(order_url(paid)).content.decode()
    assert staff.get(action_url(paid, "tracking")).status_code == 302


def test_refund_is_not_primary_and_has_no_amount(staff: Client, shipped: Order) -> None:
    page = staff.get(order_url(shipped)).content.decode()
    buttons = re.findall(r'<a class="button([^"]*)" href="[^"]*/([a-z-]+)/do/"', page)
    assert buttons == [
        (" default", "tracking"), ("", "return"), ("", "note"), ("", "tags"),
        (" danger", "refund-items"), (" danger", "refund"), ("", "duplicate"),
    ]  # fmt: skip
    form = staff.get(action_url(shipped, "refund")).content.decode()
    amount = re.search(r'<input[^>]*name="amount"[^>]*>', form)
    assert amount is not None
    assert "value=" not in amount[0]
    assert "At most $145.84" in form
    assert 'class="button danger"' in form
    assert 'class="button default"' not in form


def test_dangerous_actions_are_marked() -> None:
    dangerous = {
        f"{model._meta.label}: {name}"
        for model, one in admin.site._registry.items()
        if isinstance(one, ActionAdmin)
        for name, form in one.record_actions.items()
        if form.is_dangerous
    }
    assert dangerous == {
        "customers.Customer: merge",
        "manuals.ManualRevision: notify",
        "newsletter.Campaign: cancel",
        "newsletter.Subscriber: do-not-contact",
        "newsletter.Subscriber: erase",
        "newsletter.Subscriber: unsubscribe",
        "order.Order: cancel",
        "order.Order: cancel-items",
        "order.Order: capture",
        "order.Order: refund",
        "order.Order: refund-items",
        "returns.Return: close",
        "returns.Return: decline",
        "returns.Return: refund",
        "users.User: end-sessions",
        "users.User: reset-2fa",
    }
