"""One action turns a ticket into an order."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.tickets.models import Ticket
from accounts.users.models import User
from checkout.offline.admin.tickets import CreateOrderForm
from checkout.order.locking import OrderActionError
from checkout.order.models import Order
from tests.checkout.offline.actions import CUSTOMER
from tests.checkout.shopper import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]


def test_ticket_becomes_a_draft_once(staff: Client) -> None:
    ticket = Ticket.objects.create(
        email="dana@example.com",
        name="Dana Reyes",
        subject="An order",
        text="Two Butterflies, please.",
        event_id="1",
        last_email_at=timezone.now(),
    )
    url = f"/admin/tickets/ticket/{ticket.pk}/order/do/"
    assert 'value="Dana"' in text(staff.get(url))
    staff.post(url, {**CUSTOMER, "once": "1"})
    order = Order.objects.get()
    ticket.refresh_from_db()
    assert (order.status, order.channel, order.guest_email) == (
        "draft", "email", "dana@example.com",
    )  # fmt: skip
    assert ticket.order_number == order.number
    assert "Two Butterflies, please." in order.notes.get().message
    staff.post(url, {**CUSTOMER, "once": "2"})
    assert Order.objects.count() == 1


def test_two_people_create_one_order_from_a_ticket(charlie: User) -> None:
    """Both opened the page before the first of them saved."""
    Ticket.objects.create(email="dana@example.com", event_id="1", last_email_at=timezone.now())
    first, second = (CreateOrderForm(CUSTOMER, subject=Ticket.objects.get()) for _ in range(2))
    assert (first.is_valid(), second.is_valid()) == (True, True)
    first.perform(charlie)
    with pytest.raises(OrderActionError, match="Someone else has just created an order from it."):
        second.perform(charlie)
    assert Order.objects.count() == 1
