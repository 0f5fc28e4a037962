"""Payment alerts reach staff once: on the order, in the log and by email."""

import logging
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.mail.models import Message
from accounts.mail.rendering import compose
from accounts.users.models import User
from checkout.fulfilment.shipments import create_shipment
from checkout.order.models import Order
from checkout.payment.models import PaymentAlert
from checkout.settlement.alerts import alert
from checkout.settlement.services import pay
from tests.checkout.alerts import alert_recipients, notes
from tests.checkout.conftest import token
from tests.checkout.webhooks import deliver, event_of
from tests.stripe_double.control import Double

#: Months later the bank takes the cardholder's side, or ours.
ENDS = [
    (
        True,
        "We won the dispute: Stripe returns the money to the shop",
        "Stripe returned 68.21 CAD to the shop",
    ),
    (False, "We lost the dispute: the cardholder keeps the money. Do not refund it", ""),
]


@pytest.fixture
def paid(order: Any, stripe_double: Double) -> Order:
    """Paid for and shipped: one Butterfly, 68.21 CAD."""
    made = order()
    pay(order=made, confirmation_token=token(stripe_double))
    create_shipment(
        order=made, quantities={made.lines.get().pk: 1}, carrier="UPS", tracking_number="1", by=None
    )
    return Order.objects.get(pk=made.pk)


def test_alert_reaches_staff_once_in_every_way(
    paid: Order, settings: Any, caplog: pytest.LogCaptureFixture
):
    settings.STAFF_EMAILS = ["sales@plantraco.com", "service@plantraco.com"]
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            alert(paid, "Stripe authorized an amount other than the order total.")
    assert (
        PaymentAlert.objects.get().text == "Stripe authorized an amount other than the order total."
    )
    assert notes(paid) == ["Stripe authorized an amount other than the order total."]
    assert alert_recipients() == ["sales@plantraco.com", "service@plantraco.com"]
    told = f"Order {paid.number}: Stripe authorized an amount other than the order total."
    assert [record.getMessage() for record in caplog.records] == [told]


def test_alert_email_names_and_links_the_order(paid: Order):
    alert(paid, "Only 1.00 of 2.00 CAD was captured at Stripe.")
    email = compose(Message.objects.get(email_type="payment-alert"))
    assert email.subject == f"Order {paid.number}: payment needs attention"
    assert "Only 1.00 of 2.00 CAD was captured at Stripe." in email.text
    assert f"{settings.SITE_URL}/admin/order/order/{paid.pk}/change/" in email.text


def test_opened_dispute_alerts_staff_with_the_withdrawn_amount(
    client: Client, paid: Order, stripe_double: Double
):
    stripe_double.open_dispute(stripe_double.intents()[0]["id"])
    dispute = stripe_double.disputes()[0]["id"]
    for kind in ("created", "funds_withdrawn"):
        for _ in range(2):
            deliver(client, event_of(stripe_double, f"charge.dispute.{kind}"))
    opened = (
        f"The cardholder disputes this payment ({dispute}): 68.21 CAD, fraudulent. "
        "Respond in Stripe's dashboard before the due date."
    )
    withdrawn = f"Stripe withdrew 68.21 CAD for dispute {dispute}."
    assert notes(paid) == [opened, withdrawn]
    assert [each.text for each in PaymentAlert.objects.all()] == [opened]
    assert alert_recipients() == settings.STAFF_EMAILS


@pytest.mark.parametrize(("won", "words", "back"), ENDS, ids=["won", "lost"])
def test_closed_dispute_alerts_staff(
    won: bool, words: str, back: str, client: Client, paid: Order, stripe_double: Double
):
    # Mutation: without the event in RELEVANT_EVENTS staff got no alert at the end.
    stripe_double.open_dispute(stripe_double.intents()[0]["id"])
    dispute = stripe_double.disputes()[0]["id"]
    stripe_double.close_dispute(dispute, won=won)
    assert deliver(client, event_of(stripe_double, "charge.dispute.closed")).status_code == 204
    assert PaymentAlert.objects.get().text == f"{words} ({dispute}, 68.21 CAD)."
    assert alert_recipients() == settings.STAFF_EMAILS
    if back:
        deliver(client, event_of(stripe_double, "charge.dispute.funds_reinstated"))
        assert notes(paid)[-1] == f"{back} after dispute {dispute}."
    assert PaymentAlert.objects.count() == 1


@pytest.fixture
def staff(client: Client, charlie: User) -> Client:
    charlie.is_superuser = False
    charlie.save()
    rights = ("view_paymentalert", "resolve_paymentalert")
    charlie.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(charlie)
    return client


def test_open_alerts_are_counted_where_staff_start_until_they_are_dealt_with(
    staff: Client, charlie: User, paid: Order
):
    alert(paid, "Only 1.00 of 2.00 CAD was captured at Stripe.")
    start = staff.get(reverse("admin:index"))
    (task,) = [each for each in start.context["to_do"] if str(each.label) == "payment alerts"]
    assert (task.count, task.urgent) == (1, True)
    listed = staff.get(task.url)
    assert "Only 1.00 of 2.00 CAD" in listed.content.decode()
    data = {"action": "resolve", "_selected_action": [PaymentAlert.objects.get().pk]}
    staff.post(reverse("admin:payment_paymentalert_changelist"), data)
    closed = PaymentAlert.objects.get()
    assert (closed.resolved_by, closed.resolved_at is not None) == (charlie, True)
    (task,) = staff.get(reverse("admin:index")).context["to_do"]
    assert (task.count, task.urgent) == (0, False)


def test_who_may_only_look_at_alerts_closes_none(staff: Client, charlie: User, paid: Order):
    alert(paid, "Only 1.00 of 2.00 CAD was captured at Stripe.")
    charlie.user_permissions.set(Permission.objects.filter(codename="view_paymentalert"))
    data = {"action": "resolve", "_selected_action": [PaymentAlert.objects.get().pk]}
    staff.post(reverse("admin:payment_paymentalert_changelist"), data)
    assert PaymentAlert.objects.get().resolved_at is None
