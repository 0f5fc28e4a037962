"""Actions on an order in the admin."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.mail.models import Message, MessageState
from accounts.users.models import User
from catalog.partner.models import StockRecord
from checkout.order.models import Order, ShippingEvent
from checkout.payment.models import Transaction
from tests.admin_forms import submit
from tests.checkout.fulfilment.helpers import action_url, order_url, shipment_data, snapshot
from tests.stripe_double.control import Double


def test_shipment_form_shows_quantities_and_amount_to_capture(staff: Client, paid: Order) -> None:
    page = staff.get(action_url(paid, "ship")).content.decode()
    assert "2 of 2 left to ship" in page
    assert "The payment of $145.84 is captured now" in page
    assert "Create shipment" in staff.get(order_url(paid)).content.decode()


def test_shipment_captures_payment_and_emails_customer(
    staff: Client, charlie: User, paid: Order
) -> None:
    answer = staff.post(action_url(paid, "ship"), shipment_data(paid, 2, 1))
    assert answer["Location"] == order_url(paid)
    assert Order.objects.get(pk=paid.pk).status == "shipped"
    event = ShippingEvent.objects.get()
    assert (event.carrier, event.tracking_number, event.by) == ("Canada Post", "CP1", charlie)
    assert Transaction.objects.filter(type="capture").get().amount_cents == 14584
    assert [m.email_type for m in Message.objects.all()] == ["shipment-sent"]
    page = staff.get(order_url(paid)).content.decode()
    assert "Shipped with Canada Post." in page
    assert "canadapost" in page
    assert "/CP1" in page
    assert "Create shipment" not in page
    assert LogEntry.objects.get().user == charlie


def test_partial_shipment_leaves_the_rest_to_ship(staff: Client, paid: Order) -> None:
    staff.post(action_url(paid, "ship"), shipment_data(paid, 1, 0))
    assert Order.objects.get(pk=paid.pk).status == "part-shipped"
    page = staff.get(action_url(paid, "ship")).content.decode()
    assert "1 of 2 left to ship" in page
    assert "The payment was captured before." in page


def test_shipment_submitted_twice_is_created_once(staff: Client, paid: Order) -> None:
    data = shipment_data(paid, 1, 0, tracking_number="")
    staff.post(action_url(paid, "ship"), data)
    before = snapshot(paid)
    answer = staff.post(action_url(paid, "ship"), data, follow=True)
    assert "You already submitted this page" in answer.content.decode()
    assert snapshot(paid) == before


@pytest.mark.parametrize(
    ("units", "changes", "words"),
    [
        ((3, 1), {}, "less than or equal to 2"),
        ((-1, 1), {}, "greater than or equal to 0"),
        ((0, 0), {}, "Select at least one item to ship."),
        ((2, 1), {"carrier": ""}, "This field is required."),
        ((2, 1), {"tracking_number": "x" * 65}, "at most 64 characters"),
    ],
)
def test_invalid_shipment_is_rejected(
    units: tuple[int, int], changes: dict[str, str], words: str, staff: Client, paid: Order
) -> None:
    before = snapshot(paid)
    answer = staff.post(action_url(paid, "ship"), shipment_data(paid, *units, **changes))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert snapshot(paid) == before


def test_stripe_outage_shows_error_and_ships_nothing(
    staff: Client, paid: Order, stripe_double: Double
) -> None:
    before = snapshot(paid)
    stripe_double.fault(r"/capture$", status=503, times=20)
    data = shipment_data(paid, 2, 1)
    answer = staff.post(action_url(paid, "ship"), data)
    assert "Nothing was changed." in answer.content.decode()
    assert snapshot(paid) == before
    stripe_double.clear_faults()
    staff.post(action_url(paid, "ship"), data)  # the browser's back button, and again
    assert Order.objects.get(pk=paid.pk).status == "shipped"


def test_cancellation_releases_stock_and_payment(staff: Client, paid: Order) -> None:
    data = {"reason": "Customer asked", "once": "a"}
    assert staff.post(action_url(paid, "cancel"), data)["Location"] == order_url(paid)
    assert Order.objects.get(pk=paid.pk).status == "cancelled"
    assert list(StockRecord.objects.values_list("num_allocated", flat=True)) == [0, 0]
    assert [m.type for m in Transaction.objects.order_by("pk")] == ["authorize", "void"]
    assert [m.email_type for m in Message.objects.all()] == ["order-cancelled"]


def test_cancellation_requires_a_reason(staff: Client, paid: Order) -> None:
    before = snapshot(paid)
    assert staff.post(action_url(paid, "cancel"), {"reason": " "}).status_code == 200
    assert snapshot(paid) == before


def test_opening_a_form_changes_nothing(staff: Client, paid: Order) -> None:
    before = snapshot(paid)
    for act in ("ship", "cancel", "note"):
        assert staff.get(action_url(paid, act), {"reason": "x", "message": "x"}).status_code == 200
    assert snapshot(paid) == before


def refund(amount: str, once: str = "r1", reason: str = "Bent propeller") -> dict[str, str]:
    return {"amount": amount, "reason": reason, "once": once}


def test_partial_refunds_up_to_the_captured_amount(staff: Client, shipped: Order) -> None:
    submit(staff, action_url(shipped, "refund"), refund("45.83"))
    page = staff.get(action_url(shipped, "refund")).content.decode()
    assert "At most $100.01" in page
    submit(staff, action_url(shipped, "refund"), refund("100.01", once="r2"))
    sums = list(Transaction.objects.filter(type="refund").values_list("amount_cents", "reason"))
    assert sums == [(4583, "Bent propeller"), (10001, "Bent propeller")]
    answer = staff.get(action_url(shipped, "refund"), follow=True)
    assert "not possible" in answer.content.decode()


def test_refund_submitted_twice_is_made_once(staff: Client, shipped: Order) -> None:
    submit(staff, action_url(shipped, "refund"), refund("10.00"))
    before = snapshot(shipped)
    submit(staff, action_url(shipped, "refund"), refund("10.00"))
    assert snapshot(shipped) == before
    assert Transaction.objects.filter(type="refund").count() == 1


def test_refund_form_from_before_another_refund_is_rejected(staff: Client, shipped: Order) -> None:
    seen = {"seen": "14584"}
    staff.post(action_url(shipped, "refund"), refund("10.00") | seen)
    before = snapshot(shipped)
    answer = staff.post(action_url(shipped, "refund"), refund("10.00", once="other") | seen)
    assert "The amounts have changed since you opened this page." in answer.content.decode()
    assert snapshot(shipped) == before


@pytest.mark.parametrize("seen", [{}, {"seen": ""}])
def test_refund_that_does_not_say_what_it_showed_is_rejected(
    seen: dict[str, str], staff: Client, shipped: Order
) -> None:
    # Mutation: `seen` with required=False: 10.00 is refunded
    before = snapshot(shipped)
    answer = staff.post(action_url(shipped, "refund"), refund("10.00") | seen)
    assert "This page did not say what it showed you. Open it again." in answer.content.decode()
    assert snapshot(shipped) == before


@pytest.mark.parametrize("amount", ["145.85", "0", "-1", "0.001", "1e9", "NaN", "ten", ""])
def test_invalid_refund_amount_is_rejected(amount: str, staff: Client, shipped: Order) -> None:
    before = snapshot(shipped)
    assert submit(staff, action_url(shipped, "refund"), refund(amount)).status_code == 200
    assert snapshot(shipped) == before


def test_uncaptured_order_cannot_be_refunded(staff: Client, paid: Order) -> None:
    before = snapshot(paid)
    answer = staff.post(action_url(paid, "refund"), refund("1.00") | {"seen": "0"})
    assert answer["Location"] == order_url(paid)
    assert snapshot(paid) == before


def test_note_is_saved_and_escaped(staff: Client, charlie: User, paid: Order) -> None:
    data = {"message": "Called: <b>wait</b>", "once": "n"}
    staff.post(action_url(paid, "note"), data)
    note = paid.notes.get(note_type="Info")
    assert (note.message, note.user) == ("Called: <b>wait</b>", charlie)
    assert "Called: &lt;b&gt;wait&lt;/b&gt;" in staff.get(order_url(paid)).content.decode()


def test_each_action_requires_its_permission(clerk: Client, alice: User, paid: Order) -> None:
    alice.user_permissions.add(Permission.objects.get(codename="ship_order"))
    page = clerk.get(order_url(paid)).content.decode()
    assert "Create shipment" in page
    assert "Cancel order" not in page
    assert clerk.post(action_url(paid, "cancel"), {"reason": "x"}).status_code == 403
    assert clerk.post(action_url(paid, "ship"), shipment_data(paid, 2, 1)).status_code == 302
    assert Order.objects.get(pk=paid.pk).status == "shipped"


def test_customers_and_guests_are_rejected(client: Client, bob: User, paid: Order) -> None:
    before = snapshot(paid)
    for _ in range(2):
        assert client.post(action_url(paid, "ship"), shipment_data(paid, 2, 1)).status_code in (
            302,
            403,
        )
        client.force_login(bob)
    assert snapshot(paid) == before


def test_post_without_csrf_token_is_rejected(charlie: User, paid: Order) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(charlie)
    before = snapshot(paid)
    for act, data in [
        ("ship", shipment_data(paid, 2, 1)),
        ("cancel", {"reason": "x"}),
        ("note", {"message": "x"}),
    ]:
        assert browser.post(action_url(paid, act), data).status_code == 403
    assert snapshot(paid) == before


def test_email_is_resent_from_the_order_page(staff: Client, shipped: Order) -> None:
    email = Message.objects.get(email_type="shipment-sent")
    Message.objects.update(state=MessageState.FAILED, last_error="refused", attempts=8)
    url = reverse("admin:mail_message_resend", args=[email.pk])
    assert staff.get(url).status_code == 405
    answer = staff.post(url, {"next": order_url(shipped)})
    assert answer["Location"] == order_url(shipped)
    email.refresh_from_db()
    assert (email.state, email.attempts) == (MessageState.QUEUED, 0)


def test_resending_requires_permission(clerk: Client, paid: Order) -> None:
    email = Message.objects.create(email_type="x", subject_id="y", recipient="z@example.com")
    url = reverse("admin:mail_message_resend", args=[email.pk])
    assert clerk.post(url).status_code == 403


@pytest.mark.parametrize("wanted", ["https://evil.example/admin/", "//evil.example", "/admin/\\"])
def test_resending_never_redirects_to_another_site(wanted: str, staff: Client, db: None) -> None:
    email = Message.objects.create(
        email_type="x", subject_id="y", recipient="z@example.com", state=MessageState.SENT
    )
    url = reverse("admin:mail_message_resend", args=[email.pk])
    answer = staff.post(url, {"next": wanted})
    assert answer["Location"].startswith("/admin/")
