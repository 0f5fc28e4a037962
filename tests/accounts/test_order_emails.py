"""Content of the order emails."""

from datetime import date

import pytest
from django.utils import timezone

from accounts.mail.models import Message
from accounts.mail.rendering import RenderedEmail, compose
from accounts.mail.tasks import deliver
from checkout.order import emails
from checkout.order.links import status_url
from checkout.order.models import Order
from policies.opening.models import AwayPeriod
from tests.accounts.conftest import Postbox
from tests.accounts.orders import accept_policy, make_order, record_shipment, refund

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(db: None) -> Order:
    found = make_order(email="alice@example.com")
    accept_policy(found)
    return found


def _rendered(email_type: str) -> RenderedEmail:
    return compose(Message.objects.get(email_type=email_type))


@pytest.mark.promise("service-mail", "order-letter")
def test_confirmation_has_the_whole_order(order: Order) -> None:
    emails.order_confirmed(order)
    email = _rendered("order-confirmed")
    assert email.subject == "Order 100017 confirmed"
    for part in (
        "1 x Dragonfly 3.6 g, ready to fly (MF-DRAGONFLY)",
        "3 x LiPo cell 10 mAh & plug (MF-LIPO-10)\n    3 x $6.50 = $19.50",
        "$5 off the first flight: -$5.00",
        "Shipping (Tracked packet): $8.50",
        "GST 5%: $7.60\nPST 6%: $9.12\nTotal: $168.72 CAD",
        "Alice Moth\n12 Elevator Rd\nSaskatoon, SK S7H 0S3\nCanada\nYour note: Ring twice.",
        "Payment methods, version 2: http://127.0.0.1:8000/policies/payment/v2/\n",
        status_url(order),
    ):
        assert part in email.text
    version = 'href="http://127.0.0.1:8000/policies/payment/v2/"'
    for part in ("LiPo cell 10 mAh &amp; plug", "$168.72", version, status_url(order)):
        assert part in email.html


def test_staff_email_replies_to_the_customer(order: Order, postbox: Postbox) -> None:
    emails.order_confirmed(order)
    deliver(Message.objects.get(email_type="order-for-staff").pk)
    [email] = postbox.emails
    assert email["To"] == "sales@plantraco.com"
    assert email["Reply-To"] == "alice@example.com"
    assert email["Subject"] == "New order 100017: $168.72, 4 items to Canada"
    assert f"/admin/order/order/{order.pk}/change/" in email.get_body(("plain",)).get_content()


def test_confirmation_of_an_early_charge_quotes_the_agreement(order: Order) -> None:
    order.on_hold = True
    order.early_charge_agreed_at = timezone.now()
    order.early_charge_text = "Charge my card in full now, please."
    order.save()
    emails.order_confirmed(order)
    text = _rendered("order-confirmed").text
    assert "first in line when we reopen" in text
    assert "As you agreed, your card is charged $168.72 now." in text
    assert 'WHAT YOU AGREED TO\n"Charge my card in full now, please."' in text
    assert "charged when the first shipment leaves" not in text


def test_confirmation_of_a_held_order_claims_no_charge(order: Order) -> None:
    order.on_hold = True
    order.save()
    emails.order_confirmed(order)
    text = _rendered("order-confirmed").text
    assert "first in line when we reopen" in text
    assert "charged when the first shipment leaves, not before" in text


@pytest.mark.promise("tracking-letter")
def test_shipment_email_has_tracking_and_contents(order: Order) -> None:
    order.status = "part-shipped"
    order.save()
    emails.shipment_sent(record_shipment(order))
    email = _rendered("shipment-sent")
    assert email.subject == "A shipment from order 100017 is on the way"
    assert "left Saskatoon with Canada Post." in email.text
    assert "Tracking number: 7035 1148 0096" in email.text
    assert "en#/details/7035%201148%200096" in email.text
    assert "1 x Dragonfly 3.6 g, ready to fly (MF-DRAGONFLY)" in email.text
    assert "MF-LIPO-10" not in email.text
    assert "when the rest of your order ships." in email.text


def test_each_shipment_has_its_own_email(order: Order) -> None:
    emails.shipment_sent(record_shipment(order))
    emails.shipment_sent(record_shipment(order, line=1))
    assert Message.objects.filter(email_type="shipment-sent").count() == 2


def test_cancellation_has_reason_and_released_hold(order: Order) -> None:
    attempt = order.attempts.create(amount_cents=16872, expires_at=order.date_placed)
    attempt.transactions.create(type="authorize", amount_cents=16872, stripe_id="pi_1")
    emails.order_cancelled(order, "The maker has stopped building it.")
    email = _rendered("order-cancelled")
    assert "Reason: The maker has stopped building it." in email.text
    assert "Your card was not charged. We released the hold of $168.72 CAD" in email.text


def test_cancellation_of_a_charged_order_announces_refund(order: Order) -> None:
    refund(order, 0)
    emails.order_cancelled(order, "")
    email = _rendered("order-cancelled")
    assert "Your card was charged for this order." in email.text
    assert "Reason:" not in email.text


@pytest.mark.promise("refund-same-card")
def test_refund_email_has_the_amount(order: Order) -> None:
    emails.order_refunded(refund(order, 1950))
    email = _rendered("order-refunded")
    assert email.subject == "Refund for order 100017: $19.50"
    assert "We refunded $19.50 CAD for order 100017" in email.text
    assert "Total refunded" not in email.text


def test_order_link_is_sent_on_each_request(order: Order) -> None:
    emails.order_link(order)
    emails.order_link(order)
    first, second = Message.objects.filter(email_type="order-link")
    assert status_url(order) in compose(first).text
    assert first.subject_id != second.subject_id


def test_order_without_email_notifies_only_staff(order: Order) -> None:
    order.guest_email = ""
    order.save()
    emails.order_confirmed(order)
    emails.order_cancelled(order, "")
    assert [row.email_type for row in Message.objects.all()] == ["order-for-staff"]


# Mutation: without `away` in rendering.py, the confirmation said nothing of the reopening.
def test_order_emails_state_the_reopening_day_while_away(order: Order) -> None:
    today = timezone.localdate()
    AwayPeriod.objects.create(
        starts_on=today,
        reopens_on=date(2031, 5, 1),  # a Thursday
        text="Closed for the winter.",
        mailbox="service@plantraco.com",
    )
    emails.order_confirmed(order)
    email = _rendered("order-confirmed")
    text = (
        "Closed for the winter. We reopen on Thursday, May 1, 2031. "
        "We answer email to service@plantraco.com meanwhile."
    )
    assert text in " ".join(email.text.split())
    assert text in " ".join(email.html.split())


def test_order_emails_say_nothing_of_an_inactive_period(order: Order) -> None:
    today = timezone.localdate()
    AwayPeriod.objects.create(
        starts_on=today, reopens_on=date(2031, 5, 1), text="Closed.", active=False
    )
    emails.order_confirmed(order)
    assert "We reopen" not in _rendered("order-confirmed").text
