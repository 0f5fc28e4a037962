"""Items that need no shipping: no method, charge or address; delivered once they are paid."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils.timezone import localdate

from accounts.mail.models import Message
from accounts.mail.rendering import compose
from catalog.models import Product, ProductClass
from catalog.partner import ledger
from catalog.partner.models import StockRecord
from checkout.basket.models import Basket
from checkout.basket.services import price_basket
from checkout.fulfilment.capture_actions import capture_payment_early
from checkout.fulfilment.partial_cancellation import cancel_items
from checkout.fulfilment.refund_actions import refund_order
from checkout.fulfilment.services import cancel_order
from checkout.fulfilment.shipments import create_shipment
from checkout.offers.models import Benefit
from checkout.order.links import status_token
from checkout.order.locking import OrderActionError
from checkout.order.models import Order
from checkout.order.order_summary import shipments_of
from checkout.payment.models import PaymentAttempt
from checkout.placement.quote import make_quote
from checkout.returns.services import ReturnError, cancel_by_customer
from checkout.returns.window import returnable
from checkout.settlement.reconcile import reconcile
from checkout.settlement.services import pay
from checkout.settlement.settle import settle
from tests.checkout.audit.helpers import breaches
from tests.checkout.conftest import token, transactions
from tests.checkout.factories import make_offer
from tests.checkout.fulfilment.helpers import action_url, order_url
from tests.checkout.returns.helpers import request_return, ship, stock
from tests.checkout.shopper import ANSWERS, add_to_cart, cart_text, hidden, press_pay, text
from tests.stripe_double.control import Double

NAMES = ("email", "first_name", "last_name", "country", "province")
CONTACT = {name: ANSWERS[name] for name in NAMES}
#: The fields that only a shipment needs.
OF_SHIPMENT = ("line1", "line2", "city", "postcode", "phone", "shipping_method", "note")


@pytest.fixture
def course(product: Any) -> Product:
    """A heavy product for 20.00 CAD whose type needs no shipping."""
    made = product("Course", price="20.00", weight="5000", battery="loose")
    made.product_class = ProductClass.objects.create(name="Course", requires_shipping=False)
    made.save()
    return made


@pytest.fixture
def paid(order: Any, cart: Any, stripe_double: Double) -> Any:
    """Place and pay an order of a cart."""

    def make(*wanted: Any) -> Order:
        made = order(basket=cart(*wanted))
        pay(order=made, confirmation_token=token(stripe_double))
        return Order.objects.get(pk=made.pk)

    return make


@pytest.fixture
def mixed(paid: Any, product: Any, course: Product) -> Order:
    """A paid order of a Butterfly for 49.95 and a course, 90.41 CAD with shipping and tax."""
    return paid(product(), course)


def states(order: Order) -> tuple[str, str, list[tuple[str, str]]]:
    """State and label of the order, and those of its lines, as stored now."""
    now = Order.objects.get(pk=order.pk)
    lines = [(line.status, str(line.state_label)) for line in now.lines.order_by("pk")]
    return now.status, str(now.state_label), lines


DELIVERED = ("shipped", "Completed", [("shipped", "Delivered")])


# --- Quote ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "province", "complete", "total"),
    [
        ("CA", "SK", True, "22.20"),
        ("CA", "AB", True, "21.00"),
        ("CA", "", False, "20.00"),  # the place decides on taxes
        ("US", "NY", True, "20.00"),
    ],
)
def test_quote_without_shipping_needs_only_the_place_of_taxes(
    course: Product, cart: Any, country: str, province: str, complete: bool, total: str
):
    # Mutation: _shipping() without is_shipping_required(): 11.50 for a package of 5,580 g
    quote = make_quote(cart(course), country=country, province=province, shipping_code="ca-parcel")
    assert (quote.complete, quote.total) == (complete, Decimal(total))
    shipping = quote.shipping
    assert (shipping.required, shipping.methods, shipping.code) == (False, (), "")
    assert (shipping.amount, shipping.package_weight_g) == (Decimal("0.00"), 0)


def test_variant_follows_the_type_of_its_product(course: Product, cart: Any, product: Any):
    parent = Product.objects.create(
        title="Levels", structure="parent", product_class=course.product_class
    )
    level = product("Level 1", price="5.00")
    Product.objects.filter(pk=level.pk).update(structure="child", parent=parent, product_class=None)
    quote = make_quote(
        cart(Product.objects.get(pk=level.pk)), country="CA", province="SK", shipping_code=None
    )
    assert (quote.complete, quote.total) == (True, Decimal("5.55"))


def test_mixed_cart_ships_only_what_needs_shipping(course: Product, cart: Any, product: Any):
    # Mutation: pack() took all lines: 5,584 g with a loose battery, and no method available
    quote = make_quote(
        cart(product(), course), country="CA", province="SK", shipping_code="ca-parcel"
    )
    assert (quote.complete, quote.shipping.package_weight_g) == (True, 19)
    assert (quote.shipping.amount, quote.total) == (Decimal("11.50"), Decimal("90.41"))


def test_shipping_offer_is_not_used_without_shipping(course: Product, order: Any, cart: Any):
    # Mutation: offer_uses() counted shipping offers with an amount of 0
    free = make_offer("Free shipping")
    Benefit.objects.update(type="Shipping percentage", value=100, range=None)
    made = order(basket=cart(course))
    free.refresh_from_db()
    assert (made.discounts.count(), free.num_orders, free.num_applications) == (0, 0, 0)


# --- Checkout ------------------------------------------------------------------------------------


def checkout_form(client: Any) -> dict[str, str]:
    page = text(client.get("/checkout/"))
    quote = text(client.post("/checkout/quote/", CONTACT))
    return CONTACT | {
        "cart": hidden(page, "cart"),
        "policies": hidden(page, "policies"),
        "fingerprint": hidden(quote, "fingerprint"),
        "quote": hidden(quote, "quote"),
        "nothing_shipped": hidden(quote, "nothing_shipped"),
        "agreed": "on",
    }


def test_checkout_without_shipping_asks_for_no_address(
    client: Any, course: Product, accepted: Any, stripe_double: Double
):
    # Mutation: CheckoutPage without is_shipped: 422, "Enter the street address or PO box."
    add_to_cart(client, course)
    cart = cart_text(client)
    assert "Shipping" not in cart.partition("<main")[2].partition("Check out")[0]
    page = text(client.get("/checkout/"))
    for name in OF_SHIPMENT:
        assert f'name="{name}"' not in page, name
    assert "Nothing in this order is shipped. Taxes depend on where you live." in page
    assert "Your card is charged now, because nothing in this order is shipped." in page
    assert "data-billing-same" not in page
    response = press_pay(client, checkout_form(client), stripe_double)
    assert response.json()["outcome"] == "placed"
    order = Order.objects.get()
    assert states(order) == DELIVERED
    assert (order.shipping_address, order.shipping_code, order.shipping_method) == (None, "", "")
    assert (order.shipping_incl_tax, order.total_incl_tax) == (Decimal("0.00"), Decimal("22.20"))
    place = order.billing_address
    stored = (place.first_name, place.last_name, place.line1, place.line4, place.state)
    assert stored == ("Dana", "Reyes", "", "", "SK")
    assert (place.postcode, place.country_id) == ("", "CA")
    assert transactions(order) == [("authorize", 2220), ("capture", 2220)]
    assert stripe_double.intents()[0].get("shipping") is None


def test_steps_without_shipping_skip_the_shipping_step(client: Any, course: Product, accepted: Any):
    # Mutation: the shipping step showed "no shipping method for this order and address"
    add_to_cart(client, course)
    response = client.post("/checkout/contact/", CONTACT)
    assert (response.status_code, response.url) == (302, "/checkout/shipping/")
    response = client.get("/checkout/shipping/")
    assert (response.status_code, response.url) == (302, "/checkout/payment/")
    page = text(client.get("/checkout/payment/"))
    assert page.count('aria-current="step"') == 1
    assert "Shipping" not in page.partition("<main")[2].partition("Card")[0]


def test_province_is_required_without_shipping(client: Any, course: Product, accepted: Any):
    # Mutation: ContactForm deleted the province as well: the order had no tax
    add_to_cart(client, course)
    response = client.post("/checkout/contact/", CONTACT | {"province": ""})
    assert response.status_code == 422
    assert "Enter the province or state." in text(response)
    assert Basket.objects.get().status == "Open"


def test_page_that_claims_nothing_ships_cannot_order_a_parcel(
    client: Any, product: Any, accepted: Any, stripe_double: Double
):
    # Mutation: place_order() trusted the form: a parcel for nowhere, without a shipping charge
    plane = product()
    add_to_cart(client, plane)
    page = text(client.get("/checkout/"))
    names = ("cart", "policies")
    form = CONTACT | {name: hidden(page, name) for name in names}
    basket = Basket.objects.get()
    price_basket(basket, None)
    quote = make_quote(basket, country="CA", province="SK", shipping_code="")
    for fingerprint in (hidden(page, "fingerprint"), quote.fingerprint):
        answers = {"agreed": "on", "nothing_shipped": "1", "fingerprint": fingerprint}
        more = {"shipping_method": "ca-parcel"}
        response = press_pay(client, form | answers | more, stripe_double)
        assert response.json()["outcome"] in ("changed", "invalid")
    assert response.json()["errors"] == {"shipping_method": ["Choose a shipping method."]}
    assert (Order.objects.count(), stock(), stripe_double.intents()) == (0, [(10, None)], [])


def test_answers_come_back_when_the_order_is_changed(
    client: Any, course: Product, accepted: Any, stripe_double: Double
):
    # Mutation: order_answers() read the shipping address only: the form was empty
    add_to_cart(client, course)
    response = press_pay(
        client, checkout_form(client), stripe_double, card="pm_card_visa_chargeDeclined"
    )
    retry = response.json()["retry"]
    page = text(client.get(retry))
    assert "data-billing-same" not in page
    client.post(retry.replace("/retry/", "/change/"))
    page = text(client.get("/checkout/"))
    assert 'value="Reyes"' in page
    assert 'value="dana@example.com"' in page


# --- Delivery, emails and pages ------------------------------------------------------------------


def email(kind: str) -> str:
    """Return subject and both bodies of an email about the only order."""
    made = compose(Message.objects.get(email_type=kind))
    return f"{made.subject}\n{made.text}\n{made.html}"


@pytest.mark.promise("charged-without-shipping")
def test_emails_and_pages_do_not_mention_a_shipment(
    client: Any, course: Product, paid: Any, staff: Any, settings: Any
):
    # Mutation: the templates without needs_shipping: "charged when the first shipment leaves"
    settings.STAFF_MAIL = ["staff@example.com"]
    made = paid(course)
    for kind in ("order-confirmed", "order-for-staff"):
        message = email(kind)
        assert "22.20" in message
        for word in ("SHIP TO", "Ship to", "tracking", "shipment", "Shipping", "Pack"):
            assert word not in message, (kind, word)
    assert "Thank you, Dana!" in email("order-confirmed")
    assert "Dana Reyes, SK, Canada" in email("order-for-staff")
    assert "to Canada" in email("order-for-staff").partition("\n")[0]
    page = text(client.get(reverse("orders:status", args=[made.number, status_token(made)])))
    assert "Completed" in page
    assert "Charged to your card: $22.20." in page
    for word in ("Shipments", "Ship to", "Shipping", "Request a return", "Cancel order"):
        assert word not in page.partition("<main")[2].partition("</main")[0], word
    page = text(staff.get(order_url(made)))
    for words in ("Completed", "Delivered", "delivered without shipping", "Dana Reyes"):
        assert words in page, words
    page = text(staff.get(reverse("admin:order_order_changelist") + "?q=Reyes"))
    assert made.number in page


def test_tracked_items_without_shipping_take_their_stock(paid: Any, course: Product):
    # Mutation: record_contents() without _take_from_stock(): 10 on hand, 3 committed for ever
    made = paid((course, 3))
    assert (states(made), stock()) == (DELIVERED, [(7, 0)])
    assert breaches() == []


def test_free_order_without_shipping_is_delivered_without_stripe(
    course: Product, order: Any, cart: Any, stripe_double: Double
):
    # Mutation: _place_free() without _deliver(): placed for ever
    make_offer("All of it", percent="100")
    made = order(basket=cart(course))
    assert made.total_incl_tax == Decimal("0.00")
    pay(order=made, confirmation_token="")
    assert (states(made), stripe_double.intents()) == (DELIVERED, [])
    assert breaches() == []


def test_lost_capture_is_made_up_and_delivers(
    course: Product, order: Any, cart: Any, stripe_double: Double
):
    # Mutation: _deliver() only where charge_early() succeeded: captured and never delivered
    stripe_double.fault(r"POST .*/capture$", lost=True, when="after", times=3)
    made = order(basket=cart(course))
    pay(order=made, confirmation_token=token(stripe_double))
    assert states(made)[0] == "placed"
    reconcile()
    settle(PaymentAttempt.objects.get().pk)
    assert (states(made), transactions(made)) == (
        DELIVERED,
        [("authorize", 2220), ("capture", 2220)],
    )
    settle(PaymentAttempt.objects.get().pk)
    assert made.shipping_events.count() == 1
    assert breaches() == []


def test_items_on_backorder_are_delivered_once_they_are_in_stock(
    course: Product, order: Any, cart: Any, stripe_double: Double, staff: Any
):
    # Mutation: new_delivery() took `remaining`: NotOnHand, and the paid order was not placed
    StockRecord.objects.update(backorder=True)
    basket = cart((course, 12))
    made = order(basket=basket, early_charge=True)
    pay(order=made, confirmation_token=token(stripe_double))
    assert states(made)[::2] == ("part-shipped", [("part-shipped", "Partially shipped")])
    assert stock() == [(0, 2)]
    ledger.receive(StockRecord.objects.get().pk, 2, by=None)
    page = text(staff.get(action_url(made, "ship")))
    assert f'name="line_{made.lines.get().pk}"' in page
    ship(Order.objects.get(pk=made.pk), 2)
    assert (states(made), stock()) == (DELIVERED, [(0, 0)])
    assert breaches() == []


# --- Mixed orders --------------------------------------------------------------------------------


def test_first_shipment_delivers_what_needs_no_shipping(mixed: Order, staff: Any):
    # Mutation: create_shipment() without new_delivery(): "Partially shipped" for ever
    assert states(mixed) == ("placed", "Placed", [("ordered", "Ordered")] * 2)
    assert transactions(mixed) == [("authorize", 9041)]
    plane, course = mixed.lines.order_by("pk")
    page = text(staff.get(action_url(mixed, "ship")))
    assert f'name="line_{plane.pk}"' in page
    assert f'name="line_{course.pk}"' not in page
    ship(mixed, 1)
    after = [("shipped", "Shipped"), ("shipped", "Delivered")]
    assert states(mixed) == ("shipped", "Shipped", after)
    assert transactions(mixed) == [("authorize", 9041), ("capture", 9041)]
    assert Message.objects.filter(email_type="shipment-sent").count() == 1
    assert [each["contents"] for each in shipments_of(mixed)] == [[(1, "Butterfly", "")]]
    assert breaches() == []


def test_order_waits_for_shipment_only_of_what_is_shipped(paid: Any, product: Any, course: Product):
    # Mutation: shippable() counted the course: staff were asked to ship what is on backorder
    plane = product(stock=0, backorder=True, expected_on=localdate() + timedelta(days=2))
    ProductClass.objects.filter(name="Course").update(track_stock=False)
    made = paid(plane, course)
    assert not Order.objects.to_ship().exists()
    assert list(Order.objects.backordered()) == [made]
    ledger.receive(plane.stockrecords.get().pk, 1, by=None)
    assert list(Order.objects.to_ship()) == [made]


def test_early_capture_delivers_what_needs_no_shipping(mixed: Order):
    # Mutation: capture_payment_early() without deliver(): the paid course waited for the plane
    capture_payment_early(order=mixed, reason="The customer asked for it.", by=None)
    after = [("ordered", "Ordered"), ("shipped", "Delivered")]
    assert states(mixed) == ("part-shipped", "Partially shipped", after)
    assert breaches() == []


def test_cancelling_all_that_ships_captures_the_rest(mixed: Order):
    # Mutation: cancel_items() without capture_payment(): authorized until the bank released it
    plane = mixed.lines.order_by("pk")[0]
    cancel_items(order=mixed, quantities={plane.pk: 1}, reason="Sold out.", by=None)
    attempt = PaymentAttempt.objects.get()
    assert (attempt.waived_cents, attempt.captured_cents) == (5545, 3496)  # 9041 in all
    after = [("cancelled", "Cancelled"), ("shipped", "Delivered")]
    assert states(mixed) == ("shipped", "Shipped", after)
    assert breaches() == []


def test_mixed_order_is_cancelled_before_it_ships(mixed: Order):
    # Mutation: new_delivery() at placing: the course was delivered and could not be cancelled
    cancel_by_customer(order=mixed, note="")
    assert states(mixed)[0] == "cancelled"
    assert transactions(mixed) == [("authorize", 9041), ("void", 9041)]
    assert stock() == [(10, 0), (10, 0)]
    assert breaches() == []


# --- Cancellation, return, refund ----------------------------------------------------------------


def test_delivered_order_is_refunded_but_not_cancelled_returned_or_shipped(
    paid: Any, course: Product
):
    # Mutation: returnable() without requires_shipping: a return label for a course
    made = paid(course)
    with pytest.raises(ReturnError, match="This order was delivered, so it can no longer be"):
        cancel_by_customer(order=made, note="")
    with pytest.raises(OrderActionError):
        cancel_order(order=made, reason="Changed my mind.", by=None)
    [line] = returnable(made)
    assert line.quantity == 0
    assert line.not_returnable_reason == (
        "It was not shipped, so there is nothing to send back. Please contact us."
    )
    with pytest.raises(ReturnError):
        request_return(made, 1)
    with pytest.raises(OrderActionError):
        create_shipment(
            order=made, quantities={line.line.pk: 1}, carrier="UPS", tracking_number="", by=None
        )
    assert states(made) == DELIVERED
    refund_order(order=made, cents=2220, reason="It did not take place.", by=None)
    assert transactions(made)[-1] == ("refund", 2220)
    assert breaches() == []


def test_order_that_was_not_captured_yet_is_cancelled(
    course: Product, order: Any, cart: Any, stripe_double: Double
):
    # Mutation: not_cancellable_reason() by needs_shipping alone
    stripe_double.fault(r"POST .*/capture$", status=500, times=9)
    made = order(basket=cart(course))
    pay(order=made, confirmation_token=token(stripe_double))
    assert states(made)[0] == "placed"
    stripe_double.clear_faults()
    cancel_by_customer(order=made, note="")
    assert transactions(made) == [("authorize", 2220), ("void", 2220)]
    assert stock() == [(10, 0)]


def test_line_keeps_how_it_was_ordered(mixed: Order):
    # Mutation: Line.requires_shipping read today's type: the paid course had to be shipped
    ProductClass.objects.filter(name="Course").update(requires_shipping=True)
    ship(mixed, 1)
    assert states(mixed)[2] == [("shipped", "Shipped"), ("shipped", "Delivered")]
