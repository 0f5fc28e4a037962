"""The order page shows what to pack, the customer's other orders, and every event."""

from decimal import Decimal
from typing import Any

from django.test import Client

from checkout.documents.services import issue_missing
from checkout.order.models import Order
from checkout.payment.dashboard import dashboard_url
from tests.checkout.fulfilment.helpers import action_url, order_url


def html_of(staff: Client, order: Order) -> str:
    return " ".join(staff.get(order_url(order)).content.decode().split())


def test_page_shows_what_to_pack_and_the_label(staff: Client, paid: Order) -> None:
    line = paid.lines.order_by("pk")[0]
    line.stockrecord.location = "B-7"
    line.stockrecord.save()
    page = staff.get(order_url(paid))
    rows = page.context["packing"]
    assert [(row.progress.ready, row.location, row.grams) for row in rows] == [
        (1, "", Decimal("3.60")), (2, "B-7", Decimal("7.20")),
    ]  # fmt: skip
    assert page.context["packed_grams"] == Decimal("10.80")
    html = html_of(staff, paid)
    assert "location B-7, 7.2 g" in html
    assert "<strong>10.8 g</strong>" in html
    assert "<address> Dana Reyes<br>12 Elm Street<br>Saskatoon SK S7K 1A1<br>Canada<br>" in html


def test_shipped_order_has_nothing_to_pack(staff: Client, shipped: Order) -> None:
    assert staff.get(order_url(shipped)).context["packing"] == []


def test_page_lists_other_orders_of_the_customer(staff: Client, paid: Order, order: Any) -> None:
    other, stranger = order(email=paid.guest_email.upper()), order(email="eve@example.com")
    assert [each.pk for each in staff.get(order_url(paid)).context["other_orders"]] == [other.pk]
    assert stranger.number not in html_of(staff, paid)


def test_timeline_has_every_event_in_order(staff: Client, shipped: Order) -> None:
    staff.post(action_url(shipped, "note"), {"message": "Fragile", "once": "1"})
    issue_missing(shipped)
    entries = staff.get(order_url(shipped)).context["timeline"]
    texts = [entry.get("text") or entry["note"] for entry in entries]
    for text in (
        "Order created at checkout", "Placed", "Shipped", "Fragile",
        "Shipped: 2 × Butterfly, 1 × Ladybird (Canada Post CP1)",
    ):  # fmt: skip
        assert text in texts
    assert any(text.startswith("Captured: $145.84") for text in texts)
    assert any(text.startswith("Invoice INV-") for text in texts)
    assert any(text.startswith("Email “") for text in texts)
    times = [entry["at"] for entry in entries]
    assert times == sorted(times)


def test_payment_links_to_stripe(staff: Client, paid: Order, settings: Any) -> None:
    intent = paid.attempts.get().intent_id
    test_url = f"https://dashboard.stripe.com/test/payments/{intent}"
    assert f'<a href="{test_url}" rel="noreferrer">' in html_of(staff, paid)
    settings.STRIPE_SECRET_KEY = "sk_live_x"
    assert dashboard_url("pi_1") == "https://dashboard.stripe.com/payments/pi_1"
    assert dashboard_url(None) == ""


def test_tags_are_edited_on_the_page(staff: Client, paid: Order) -> None:
    staff.post(action_url(paid, "tags"), {"tags": "VIP, gift", "once": "1"})
    assert Order.objects.get(pk=paid.pk).tags == ",gift,vip,"
    assert 'href="/admin/order/order/?tag=vip">vip</a>' in html_of(staff, paid)
    page = staff.post(action_url(paid, "tags"), {"tags": "x" * 41, "once": "2"})
    assert "x" * 41 in page.content.decode()
    assert Order.objects.get(pk=paid.pk).tags == ",gift,vip,"
