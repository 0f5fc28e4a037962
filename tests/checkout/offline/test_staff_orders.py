"""Staff build an order in the admin, reserve it, and record how it is paid."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.mail.models import Message
from accounts.users.models import User
from catalog.partner import ledger
from checkout.order.links import status_token
from checkout.order.models import Order
from checkout.shipping.models import ShippingRule
from policies.models import Acceptance
from tests.checkout.conftest import token
from tests.checkout.factories import make_offer
from tests.checkout.offline.actions import CUSTOMER, act
from tests.checkout.shopper import hidden, text
from tests.sourced import SOURCED
from tests.stripe_double.control import Double

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]

NEW = "/admin/order/order/add/"


@pytest.fixture
def aircraft(product: Any) -> Any:
    """An aircraft for 49.95 CAD."""
    return product()


@pytest.fixture
def draft(staff: Client, aircraft: Any) -> Order:
    """A draft with one aircraft, built in the admin: 49.95 + 11.50 + GST 3.07 + PST 3.69."""
    response = staff.post(NEW, CUSTOMER)
    assert response.status_code == 302
    order = Order.objects.get()
    sku = aircraft.stockrecords.get().partner_sku
    act(staff, order, "items", sku_0=sku.lower(), quantity_0="1")
    act(staff, order, "shipping", shipping_method="ca-parcel")
    return order


def reserve(staff: Client, order: Order, **more: Any) -> str:
    """Reserve for a week."""
    day = timezone.localdate() + timedelta(days=7)
    data = {"valid_until": day.isoformat(), "reason": "Waits for cheque", "send": "on"}
    return act(staff, order, "quote", **{**data, **more})


def test_draft_is_built_like_an_order_of_checkout(draft: Order, staff: Client) -> None:
    address = draft.shipping_address
    assert (draft.status, draft.channel) == ("draft", "phone")
    assert (address.state, address.postcode, address.country_id) == ("SK", "S7K 1A1", "CA")
    assert draft.total_incl_tax == Decimal("68.21")
    page = text(staff.get(f"/admin/order/order/{draft.pk}/change/"))
    assert "Reserve and send quote" in page
    assert "Create shipment" not in page
    assert "charlie@example.com" in page


def test_customer_of_a_draft_is_changed(draft: Order, staff: Client, alice: User) -> None:
    changes = {"email": "ALICE@example.com", "province": "Ontario", "postcode": "K1A 0B1"}
    act(staff, draft, "customer", **{**CUSTOMER, **changes})
    assert (draft.user, draft.shipping_address.state) == (alice, "ON")
    assert {row.component for row in draft.tax_lines.all()} == {"HST"}


def test_discount_needs_a_reason_and_reduces_the_tax(draft: Order, staff: Client) -> None:
    """51.45 after 10.00 off: GST 2.57, PST 3.09."""
    page = act(staff, draft, "shipping", shipping_method="ca-parcel", discount="10")
    assert "Enter the reason for the discount." in page
    assert draft.total_incl_tax == Decimal("68.21")
    page = act(
        staff, draft, "shipping", shipping_method="ca-parcel", discount="10", discount_reason="Dent"
    )
    assert draft.total_incl_tax == Decimal("57.11")
    assert draft.discounts.get().offer_name == "Dent"
    assert "Dent" in page
    page = act(
        staff, draft, "shipping", shipping_method="ca-parcel", discount="50", discount_reason="Dent"
    )
    assert "at most the subtotal, $49.95" in page


def test_discount_is_not_recorded_where_an_offer_leaves_nothing_to_pay(
    draft: Order, staff: Client
) -> None:
    discount = {"discount": "10", "discount_reason": "Dent"}
    act(staff, draft, "shipping", shipping_method="ca-parcel", **discount)
    make_offer("Everything free", percent="100")
    line = draft.basket.lines.get()
    act(staff, draft, "items", **{f"line_{line.pk}": "2"})
    rows = draft.discounts.values_list("offer_name", "amount")
    assert list(rows) == [("Everything free", Decimal("99.90"))]


def test_items_are_changed_and_removed(draft: Order, staff: Client) -> None:
    line = draft.basket.lines.get()
    page = act(staff, draft, "items", **{f"line_{line.pk}": "11"})
    assert "Nothing was changed" in page  # ten are in stock
    act(staff, draft, "items", **{f"line_{line.pk}": "2"})
    assert draft.lines.get().quantity == 2
    page = act(staff, draft, "items", **{f"line_{line.pk}": "2", "sku_0": "X", "quantity_0": "1"})
    assert "No product on sale has this SKU." in page
    act(staff, draft, "items", **{f"line_{line.pk}": "0"})
    assert not draft.lines.exists()
    assert draft.total_incl_tax == 0


def test_empty_draft_is_not_reserved(staff: Client) -> None:
    staff.post(NEW, CUSTOMER)
    order = Order.objects.get()
    assert "cart is empty" in reserve(staff, order)
    assert order.status == "draft"


def test_new_draft_asks_for_items_and_has_no_changes(staff: Client) -> None:
    staff.post(NEW, CUSTOMER)
    page = text(staff.get(f"/admin/order/order/{Order.objects.get().pk}/change/"))
    assert "No items yet. Add products with “Change items”." in page
    assert "Changed since it was written" not in page


def test_draft_shows_when_a_backordered_line_arrives(
    draft: Order, staff: Client, aircraft: Any
) -> None:
    record = aircraft.stockrecords.get()
    aircraft.stockrecords.update(backorder=True)
    ledger.adjust(record.pk, -record.num_in_stock, by=None, reason="lost")
    page = text(staff.get(f"/admin/order/order/{draft.pk}/change/"))
    assert "On backorder, arrives between" in page


def test_shipping_form_of_a_draft_says_why_no_carrier_takes_it(draft: Order, staff: Client) -> None:
    reason = "We don’t ship to this country."
    ShippingRule.objects.create(code="no", type="closed", places="CA", reason=reason, **SOURCED)
    page = text(staff.get(f"/admin/order/order/{draft.pk}/shipping/do/"))
    assert f"No shipping method takes these items to this address. {reason}" in page
    assert "Choose pickup" not in page
    assert '<option value="">Not chosen</option>' in page


def test_refund_of_a_cheque_is_paid_back_by_hand(draft: Order, staff: Client) -> None:
    reserve(staff, draft)
    today = timezone.localdate().isoformat()
    cheque = {"method": "cheque", "amount": "68.21", "received_on": today, "accepted": "on"}
    act(staff, draft, "payment", **cheque)
    page = text(staff.get(f"/admin/order/order/{draft.pk}/refund/do/"))
    assert "a payment alert asks you to pay it back by hand" in page
    assert "goes to the card" not in page


def test_quote_is_emailed_and_shown_on_its_product(
    draft: Order, staff: Client, aircraft: Any
) -> None:
    sent = "The items are reserved, and the quote is on its way to dana@example.com."
    assert sent in reserve(staff, draft)
    assert draft.status == "pending"
    email = Message.objects.get(email_type="order-quote")
    assert email.recipient == "dana@example.com"
    page = text(staff.get(f"/admin/catalogue/product/{aircraft.pk}/change/"))
    assert "Reserved by quotes" in page
    assert "Waits for cheque" in page
    assert draft.number in page


@pytest.mark.parametrize("days", [-1, 91])
def test_quote_is_valid_for_at_most_90_days(draft: Order, staff: Client, days: int) -> None:
    day = timezone.localdate() + timedelta(days=days)
    assert "Choose a day from today until" in reserve(staff, draft, valid_until=day.isoformat())
    assert draft.status == "draft"


def test_changed_price_is_shown_before_it_is_quoted(
    draft: Order, staff: Client, aircraft: Any
) -> None:
    aircraft.stockrecords.update(price=Decimal("59.95"))
    assert "Prices have changed" in reserve(staff, draft)
    assert (draft.status, draft.total_excl_tax) == ("draft", Decimal("71.45"))


def test_recorded_cheque_places_the_order(draft: Order, staff: Client) -> None:
    reserve(staff, draft)
    cheque = {
        "method": "cheque",
        "amount": "68.21",
        "reference": "No. 12",
        "received_on": timezone.localdate().isoformat(),
    }
    assert "Fix the errors below" in act(staff, draft, "payment", **cheque)  # policies
    assert "must be exactly $68.21" in act(
        staff, draft, "payment", **{**cheque, "amount": "60", "accepted": "on"}
    )
    assert not Acceptance.objects.exists()
    page = act(staff, draft, "payment", **cheque, accepted="on")
    assert draft.status == "placed"
    assert "cheque No. 12" in page
    acceptance = Acceptance.objects.get()
    assert acceptance.label == "Accepted without the website (phone), as staff recorded."
    shown = text(Client().get(f"/orders/{draft.number}/{status_token(draft)}/"))
    assert "Paid by cheque: $68.21." in " ".join(shown.split())


def test_customer_accepts_the_policies_and_pays_by_card(
    draft: Order, staff: Client, stripe_double: Double
) -> None:
    reserve(staff, draft)
    url = f"/checkout/retry/{draft.number}/{status_token(draft)}/"
    guest = Client()
    page = text(guest.get(url))
    assert "Prices and items are reserved until the end of" in page
    assert "Change order" not in page
    card = {"confirmation_token": token(stripe_double)}
    response = guest.post(url, card)
    assert response.status_code == 422
    assert "agreed" in response.json()["errors"]
    response = guest.post(url, {**card, "agreed": "on", "policies": hidden(page, "policies")})
    assert response.json()["outcome"] == "placed"
    draft.refresh_from_db()
    assert draft.status == "placed"
    assert Acceptance.objects.filter(subject=f"order:{draft.number}").count() == 1


def test_customer_cannot_cancel_a_quote_as_a_cart(draft: Order, staff: Client) -> None:
    reserve(staff, draft)
    Client().post(f"/checkout/change/{draft.number}/{status_token(draft)}/")
    draft.refresh_from_db()
    assert draft.status == "pending"


def test_draft_has_no_page_for_its_customer(draft: Order, client: Client) -> None:
    secret = status_token(draft)
    for url in ("/orders/{}/{}/", "/checkout/retry/{}/{}/"):
        assert Client().get(url.format(draft.number, secret)).status_code == 404


def test_quote_becomes_a_draft_again(draft: Order, staff: Client, aircraft: Any) -> None:
    reserve(staff, draft)
    assert "The quote is a draft again." in act(staff, draft, "reopen")
    assert draft.status == "draft"
    assert aircraft.stockrecords.get().net_stock_level == 10


def test_orders_are_filtered_by_task(draft: Order, staff: Client) -> None:
    url = "/admin/order/order/?task="
    assert draft.number in text(staff.get(f"{url}drafts"))
    reserve(staff, draft)
    assert draft.number in text(staff.get(f"{url}awaiting-payment"))
    assert list(staff.get(f"{url}drafts").context["cl"].result_list) == []


def test_only_permitted_staff_take_orders(client: Client, alice: User) -> None:
    alice.is_staff = True
    alice.save()
    alice.user_permissions.add(Permission.objects.get(codename="view_order"))
    client.force_login(alice)
    assert client.get(NEW).status_code == 403
    assert client.post(NEW, CUSTOMER).status_code == 403
    assert not Order.objects.exists()
