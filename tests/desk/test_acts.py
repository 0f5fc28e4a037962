"""Staff ship, cancel, refund and note; what is refused leaves everything as it was."""

import uuid
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.mail.models import Message, MessageState
from accounts.users.models import User
from catalog.partner.models import StockRecord
from checkout.order.models import Order, ShippingEvent
from checkout.payment.models import Movement
from tests.stripe_double.control import Double


def url_of(order: Order, act: str) -> str:
    return reverse("admin:order_order_action", args=[order.pk, act])


def page_of(order: Order) -> str:
    return reverse("admin:order_order_change", args=[order.pk])


def everything(order: Order) -> Any:
    """What a refusal must not change."""
    return (
        Order.objects.get(pk=order.pk).status,
        list(StockRecord.objects.order_by("pk").values_list("num_in_stock", "num_allocated")),
        list(Movement.objects.values_list("kind", "amount_cents")),
        ShippingEvent.objects.count(),
        Message.objects.count(),
        LogEntry.objects.count(),
    )


def parcel(order: Order, *pieces: int, **changes: Any) -> dict[str, Any]:
    """What the browser sends to ship this many pieces of each line."""
    lines = order.lines.order_by("pk")
    quantities = {f"line_{line.pk}": n for line, n in zip(lines, pieces, strict=False)}
    return {
        **quantities, "carrier": "Canada Post", "tracking_number": "CP1",
        "once": str(uuid.uuid4()), **changes,
    }  # fmt: skip


def test_the_form_offers_what_is_left_and_says_that_money_is_taken(
    staff: Client, paid: Order
) -> None:
    page = staff.get(url_of(paid, "ship")).content.decode()
    assert "2 of 2 left to ship" in page
    assert "The payment of $145.84 is captured now" in page
    assert "Create shipment" in staff.get(page_of(paid)).content.decode()


def test_shipping_takes_the_payment_and_tells_the_customer(
    staff: Client, charlie: User, paid: Order
) -> None:
    answer = staff.post(url_of(paid, "ship"), parcel(paid, 2, 1))
    assert answer["Location"] == page_of(paid)
    assert Order.objects.get(pk=paid.pk).status == "shipped"
    event = ShippingEvent.objects.get()
    assert (event.carrier, event.tracking_number, event.by) == ("Canada Post", "CP1", charlie)
    assert Movement.objects.filter(kind="capture").get().amount_cents == 14584
    assert [m.kind for m in Message.objects.all()] == ["shipment-sent"]
    page = staff.get(page_of(paid)).content.decode()
    assert "Shipped with Canada Post." in page
    assert "canadapost" in page
    assert "/CP1" in page
    assert "Create shipment" not in page
    assert LogEntry.objects.get().user == charlie


def test_a_part_ships_and_the_rest_stays_on_offer(staff: Client, paid: Order) -> None:
    staff.post(url_of(paid, "ship"), parcel(paid, 1, 0))
    assert Order.objects.get(pk=paid.pk).status == "part-shipped"
    page = staff.get(url_of(paid, "ship")).content.decode()
    assert "1 of 2 left to ship" in page
    assert "The payment was captured before." in page


def test_a_parcel_sent_twice_leaves_once(staff: Client, paid: Order) -> None:
    data = parcel(paid, 1, 0, tracking_number="")
    staff.post(url_of(paid, "ship"), data)
    before = everything(paid)
    answer = staff.post(url_of(paid, "ship"), data, follow=True)
    assert "You already submitted this page" in answer.content.decode()
    assert everything(paid) == before


@pytest.mark.parametrize(
    ("pieces", "changes", "words"),
    [
        ((3, 1), {}, "less than or equal to 2"),
        ((-1, 1), {}, "greater than or equal to 0"),
        ((0, 0), {}, "Select at least one item to ship."),
        ((2, 1), {"carrier": ""}, "This field is required."),
        ((2, 1), {"tracking_number": "x" * 65}, "at most 64 characters"),
    ],
)
def test_a_parcel_that_cannot_be_is_refused(
    pieces: tuple[int, int], changes: dict[str, str], words: str, staff: Client, paid: Order
) -> None:
    before = everything(paid)
    answer = staff.post(url_of(paid, "ship"), parcel(paid, *pieces, **changes))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert everything(paid) == before


def test_stripe_being_down_is_said_and_nothing_ships(
    staff: Client, paid: Order, stripe_double: Double
) -> None:
    before = everything(paid)
    stripe_double.fault(r"/capture$", status=503, times=20)
    data = parcel(paid, 2, 1)
    answer = staff.post(url_of(paid, "ship"), data)
    assert "Nothing was changed." in answer.content.decode()
    assert everything(paid) == before
    stripe_double.clear_faults()
    staff.post(url_of(paid, "ship"), data)  # the browser's back button, and again
    assert Order.objects.get(pk=paid.pk).status == "shipped"


def test_cancelling_releases_stock_and_payment(staff: Client, paid: Order) -> None:
    data = {"reason": "Customer asked", "once": "a"}
    assert staff.post(url_of(paid, "cancel"), data)["Location"] == page_of(paid)
    assert Order.objects.get(pk=paid.pk).status == "cancelled"
    assert list(StockRecord.objects.values_list("num_allocated", flat=True)) == [0, 0]
    assert [m.kind for m in Movement.objects.order_by("pk")] == ["authorise", "void"]
    assert [m.kind for m in Message.objects.all()] == ["order-cancelled"]


def test_cancelling_needs_a_reason(staff: Client, paid: Order) -> None:
    before = everything(paid)
    assert staff.post(url_of(paid, "cancel"), {"reason": " "}).status_code == 200
    assert everything(paid) == before


def test_a_look_at_a_form_changes_nothing(staff: Client, paid: Order) -> None:
    before = everything(paid)
    for act in ("ship", "cancel", "note"):
        assert staff.get(url_of(paid, act), {"reason": "x", "message": "x"}).status_code == 200
    assert everything(paid) == before


def refund(amount: str, once: str = "r1", reason: str = "Bent propeller") -> dict[str, str]:
    return {"amount": amount, "reason": reason, "once": once}


@pytest.fixture
def shipped(staff: Client, paid: Order) -> Order:
    """The payment is taken."""
    staff.post(url_of(paid, "ship"), parcel(paid, 2, 1))
    return Order.objects.get(pk=paid.pk)


def test_a_part_and_then_the_rest_is_given_back(staff: Client, shipped: Order) -> None:
    staff.post(url_of(shipped, "refund"), refund("45.83"))
    page = staff.get(url_of(shipped, "refund")).content.decode()
    assert "At most $100.01" in page
    staff.post(url_of(shipped, "refund"), refund("100.01", once="r2"))
    sums = list(Movement.objects.filter(kind="refund").values_list("amount_cents", "reason"))
    assert sums == [(4583, "Bent propeller"), (10001, "Bent propeller")]
    answer = staff.get(url_of(shipped, "refund"), follow=True)
    assert "not possible" in answer.content.decode()


def test_a_refund_sent_twice_is_made_once(staff: Client, shipped: Order) -> None:
    staff.post(url_of(shipped, "refund"), refund("10.00"))
    before = everything(shipped)
    staff.post(url_of(shipped, "refund"), refund("10.00"))
    assert everything(shipped) == before
    assert Movement.objects.filter(kind="refund").count() == 1


def test_a_page_from_before_another_refund_is_refused(staff: Client, shipped: Order) -> None:
    seen = {"seen": "14584"}
    staff.post(url_of(shipped, "refund"), refund("10.00") | seen)
    before = everything(shipped)
    answer = staff.post(url_of(shipped, "refund"), refund("10.00", once="other") | seen)
    assert "The amounts have changed since you opened this page." in answer.content.decode()
    assert everything(shipped) == before


@pytest.mark.parametrize("amount", ["145.85", "0", "-1", "0.001", "1e9", "NaN", "ten", ""])
def test_an_amount_that_cannot_be_given_back_is_refused(
    amount: str, staff: Client, shipped: Order
) -> None:
    before = everything(shipped)
    assert staff.post(url_of(shipped, "refund"), refund(amount)).status_code == 200
    assert everything(shipped) == before


def test_nothing_is_refunded_before_money_was_taken(staff: Client, paid: Order) -> None:
    before = everything(paid)
    answer = staff.post(url_of(paid, "refund"), refund("1.00"))
    assert answer["Location"] == page_of(paid)
    assert everything(paid) == before


def test_a_note_is_kept_and_shown_as_text(staff: Client, charlie: User, paid: Order) -> None:
    data = {"message": "Called: <b>wait</b>", "once": "n"}
    staff.post(url_of(paid, "note"), data)
    note = paid.notes.get(note_type="Info")
    assert (note.message, note.user) == ("Called: <b>wait</b>", charlie)
    assert "Called: &lt;b&gt;wait&lt;/b&gt;" in staff.get(page_of(paid)).content.decode()


def test_each_act_asks_for_its_own_right(clerk: Client, alice: User, paid: Order) -> None:
    alice.user_permissions.add(Permission.objects.get(codename="ship_order"))
    page = clerk.get(page_of(paid)).content.decode()
    assert "Create shipment" in page
    assert "Cancel order" not in page
    assert clerk.post(url_of(paid, "cancel"), {"reason": "x"}).status_code == 403
    assert clerk.post(url_of(paid, "ship"), parcel(paid, 2, 1)).status_code == 302
    assert Order.objects.get(pk=paid.pk).status == "shipped"


def test_customers_and_strangers_are_sent_away(client: Client, bob: User, paid: Order) -> None:
    before = everything(paid)
    for _ in range(2):
        assert client.post(url_of(paid, "ship"), parcel(paid, 2, 1)).status_code in (302, 403)
        client.force_login(bob)
    assert everything(paid) == before


def test_a_forged_post_without_the_forms_token_is_refused(charlie: User, paid: Order) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(charlie)
    before = everything(paid)
    for act, data in [
        ("ship", parcel(paid, 2, 1)),
        ("cancel", {"reason": "x"}),
        ("note", {"message": "x"}),
    ]:
        assert browser.post(url_of(paid, act), data).status_code == 403
    assert everything(paid) == before


def test_a_mail_is_sent_again_from_the_order(staff: Client, shipped: Order) -> None:
    letter = Message.objects.get(kind="shipment-sent")
    Message.objects.update(state=MessageState.FAILED, last_error="refused", attempts=8)
    url = reverse("admin:mail_message_resend", args=[letter.pk])
    assert staff.get(url).status_code == 405
    answer = staff.post(url, {"next": page_of(shipped)})
    assert answer["Location"] == page_of(shipped)
    letter.refresh_from_db()
    assert (letter.state, letter.attempts) == (MessageState.QUEUED, 0)


def test_a_mail_is_not_sent_again_without_the_right(clerk: Client, paid: Order) -> None:
    letter = Message.objects.create(kind="x", subject_id="y", recipient="z@example.com")
    url = reverse("admin:mail_message_resend", args=[letter.pk])
    assert clerk.post(url).status_code == 403


@pytest.mark.parametrize("wanted", ["https://evil.example/admin/", "//evil.example", "/admin/\\"])
def test_sending_again_never_leads_to_another_site(wanted: str, staff: Client, db: None) -> None:
    letter = Message.objects.create(
        kind="x", subject_id="y", recipient="z@example.com", state=MessageState.SENT
    )
    url = reverse("admin:mail_message_resend", args=[letter.pk])
    answer = staff.post(url, {"next": wanted})
    assert answer["Location"].startswith("/admin/")
