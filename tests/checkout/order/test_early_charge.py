"""Early charge: the shopper agrees to it, and the card is charged once, by settle()."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.mail.models import Message
from accounts.mail.rendering import compose
from catalog.models import Product
from catalog.partner.models import StockRecord
from checkout.basket.models import Basket
from checkout.fulfilment.partial_cancellation import cancel_items
from checkout.fulfilment.services import cancel_order
from checkout.order.errors import CartChanged, EarlyChargeNotAgreed
from checkout.order.links import status_token
from checkout.order.models import Order
from checkout.order.reservations import release
from checkout.order.states import OrderState
from checkout.payment.models import PaymentAlert
from checkout.placement.services import place_order
from checkout.settlement.reconcile import reconcile
from checkout.settlement.services import Outcome, pay, settle
from tests.catalog.stock import put
from tests.checkout.conftest import allocated, quote_for, token, transactions
from tests.stripe_double.control import Double

WEEKS = 11


def due(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


@pytest.fixture
def late(product: Any) -> Product:
    """A Ladybird of 19.99 CAD that is out of stock and expected in eleven weeks."""
    return product("Ladybird", price="19.99", stock=0, backorder=True, expected_on=due(7 * WEEKS))


def words(basket: Basket, details: Any) -> str:
    return quote_for(basket, details).early_charge


def agreed(order: Order) -> tuple[bool, str]:
    now = Order.objects.get(pk=order.pk)
    return now.early_charge_agreed_at is not None, now.early_charge_text


def money(order: Order) -> tuple[str, str, list[tuple[str, int]]]:
    now = Order.objects.get(pk=order.pk)
    return now.status, now.attempts.get().state, transactions(now)


def nothing_ordered() -> bool:
    return not Order.objects.exists() and Basket.objects.get().status == "Open"


# --- Which orders need the agreement -------------------------------------------------------------


def test_consent_text_states_amount_reason_and_cancellation(cart: Any, late: Product, details: Any):
    assert words(cart(late), details) == (
        "Charge my card in full now, not when my order ships. Why: a bank holds an authorized "
        f"amount for about 7 days, and Ladybird (expected on {date_format(due(77), 'F j, Y')}) "
        "cannot ship by then. Until the first shipment leaves, I can cancel my order free of "
        "charge and get a full refund."
    )


@pytest.mark.parametrize(
    ("stock", "days", "needed"),
    [
        (5, None, False),  # in stock: when the next delivery comes does not matter
        (0, 0, False),
        (0, 3, False),  # seven days, less four for shipping
        (0, 4, True),
        (0, None, True),  # the date is unknown
        (0, -1, True),  # it should have come
        (1, None, True),  # one of two is there
        (1, 3, False),
    ],
)
def test_items_expected_in_time_need_no_consent(
    cart: Any, product: Any, details: Any, stock: int, days: int | None, needed: bool
):
    day = None if days is None else due(days)
    plane = product(stock=stock, backorder=True, expected_on=day)
    assert bool(words(cart((plane, 2)), details)) is needed


def test_consent_text_names_late_products_and_dates(
    cart: Any, late: Product, product: Any, details: Any
):
    unknown = product("Moth", stock=0, backorder=True)
    gone_by = product("Gnat", stock=0, backorder=True, expected_on=due(-3))
    found = words(cart(late, product("Butterfly"), unknown, gone_by), details)
    named = f"Ladybird (expected on {date_format(due(77), 'F j, Y')}), Moth (no date known yet)"
    assert f"{named} and Gnat (no date known yet) cannot ship" in found
    assert "Butterfly" not in found


def test_days_come_from_settings(cart: Any, late: Product, details: Any, settings: Any):
    settings.CARD_AUTHORIZATION_DAYS = 7 * WEEKS + 4
    assert words(cart(late), details) == ""
    settings.CARD_AUTHORIZATION_MARGIN_DAYS = 5
    assert f"for about {7 * WEEKS + 4} days" in words(cart(late), details)


# --- Ordering ------------------------------------------------------------------------------------


@pytest.mark.promise("early-charge-agreed")
def test_order_without_consent_is_rejected(cart: Any, late: Product, details: Any):
    basket = cart(late)
    with pytest.raises(EarlyChargeNotAgreed) as refusal:
        place_order(
            basket=basket, details=details, fingerprint=quote_for(basket, details).fingerprint
        )
    assert str(refusal.value) == (
        "Check the box to be charged now, or remove what ships late from your cart. "
        "Nothing was charged."
    )
    assert nothing_ordered()
    assert StockRecord.objects.get().num_allocated in (None, 0)


@pytest.mark.promise("early-charge-agreed")
def test_consent_is_stored_with_its_exact_text(order: Any, late: Product, details: Any, cart):
    basket = cart(late)
    shown = words(basket, details)
    before = timezone.now()
    made = order(basket=basket, early_charge=True)
    assert agreed(made) == (True, shown)
    assert before <= made.early_charge_agreed_at <= timezone.now()


def test_unrequested_consent_is_ignored(order: Any, stripe_double: Double):
    made = order(early_charge=True)
    pay(order=made, confirmation_token=token(stripe_double))
    assert agreed(made) == (False, "")
    assert money(made) == ("placed", "authorized", [("authorize", 6821)])


def test_database_rejects_consent_without_text(order: Any):
    made = order()
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=made.pk).update(early_charge_agreed_at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=made.pk).update(early_charge_text="Charge my card")


@pytest.mark.promise("early-charge-agreed")
def test_changed_delivery_date_is_shown_before_ordering(cart: Any, product: Any, details: Any):
    """Even with the box checked: its text was different."""
    plane = product(stock=0, backorder=True, expected_on=due(2))
    basket = cart(plane)
    shown = quote_for(basket, details).fingerprint
    plane.stockrecords.update(expected_on=due(60))
    with pytest.raises(CartChanged) as change:
        place_order(basket=basket, details=replace(details, early_charge=True), fingerprint=shown)
    assert date_format(due(60), "F j, Y") in change.value.quote.early_charge
    assert nothing_ordered()


def test_free_order_needs_no_consent(cart: Any, late: Product, details: Any):
    quote = quote_for(cart(late), details)
    free = replace(quote, lines=(), taxes=(), shipping=replace(quote.shipping, amount=None))
    assert (free.total, len(free.late_lines), free.early_charge) == (0, 1, "")


# --- Charging ------------------------------------------------------------------------------------


@pytest.fixture
def waiting(order: Any, late: Product) -> Order:
    """An unpaid order of 34.95 CAD with an early charge."""
    made: Order = order(late, early_charge=True)
    return made


CHARGED = ("placed", "captured", [("authorize", 3495), ("capture", 3495)])


@pytest.mark.promise("early-charge-agreed")
def test_card_is_charged_after_authorization(waiting: Order, stripe_double: Double):
    result = pay(order=waiting, confirmation_token=token(stripe_double))
    assert result.outcome is Outcome.PLACED
    assert money(waiting) == CHARGED
    assert [intent["amount_received"] for intent in stripe_double.intents()] == [3495]
    settle(waiting.attempts.get().pk)
    assert money(waiting) == CHARGED


def test_order_in_stock_is_only_authorized(order: Any, stripe_double: Double):
    made = order()
    pay(order=made, confirmation_token=token(stripe_double))
    assert money(made) == ("placed", "authorized", [("authorize", 6821)])
    assert reconcile() == []
    assert money(made) == ("placed", "authorized", [("authorize", 6821)])


def test_card_is_charged_after_3d_secure(waiting: Order, stripe_double: Double):
    card = token(stripe_double, "pm_card_authenticationRequired")
    assert pay(order=waiting, confirmation_token=card).outcome is Outcome.ACTION
    assert money(waiting) == ("pending", "open", [])
    stripe_double.authenticate(stripe_double.intents()[0]["id"])
    settle(waiting.attempts.get().pk)
    assert money(waiting) == CHARGED


def test_second_card_after_decline_is_charged(waiting: Order, stripe_double: Double):
    declined = token(stripe_double, "pm_card_visa_chargeDeclined")
    assert pay(order=waiting, confirmation_token=declined).outcome is Outcome.DECLINED
    assert money(waiting) == ("pending", "open", [])
    pay(order=waiting, confirmation_token=token(stripe_double))
    assert money(waiting) == CHARGED


@pytest.mark.parametrize("when", ["before", "after"])
def test_lost_response_is_captured_by_reconcile(waiting: Order, stripe_double: Double, when: Any):
    stripe_double.fault(r"/capture$", lost=True, when=when, times=3)
    result = pay(order=waiting, confirmation_token=token(stripe_double))
    assert result.outcome is Outcome.PLACED
    assert money(waiting) == ("placed", "authorized", [("authorize", 3495)])
    stripe_double.clear_faults()
    reconcile()
    assert money(waiting) == CHARGED
    assert [intent["amount_received"] for intent in stripe_double.intents()] == [3495]
    assert reconcile() == []
    assert PaymentAlert.objects.count() == 0


def test_authorization_that_expired_before_capture_raises_alert(
    waiting: Order, stripe_double: Double
):
    stripe_double.fault(r"/capture$", status=503, times=3)
    pay(order=waiting, confirmation_token=token(stripe_double))
    stripe_double.cancel(stripe_double.intents()[0]["id"])
    settle(waiting.attempts.get().pk)
    assert money(waiting) == (
        "placed", "cancelled", [("authorize", 3495), ("void", 3495)],
    )  # fmt: skip
    text = "The payment was released at Stripe. This order is not paid."
    assert [each.text for each in PaymentAlert.objects.all()] == [text]


def test_capture_that_the_bank_declines_alerts_staff_once(waiting: Order, stripe_double: Double):
    stripe_double.fault(r"/capture$", status=402, times=2)
    assert pay(order=waiting, confirmation_token=token(stripe_double)).outcome is Outcome.PLACED
    settle(waiting.attempts.get().pk)
    assert money(waiting) == ("placed", "authorized", [("authorize", 3495)])
    assert [each.text for each in PaymentAlert.objects.all()] == [
        "Stripe did not charge the card at checkout, although the customer agreed. "
        "The bank says: Trouble ordered by a test."
    ]


def test_late_payment_is_charged(waiting: Order, stripe_double: Double):
    card = token(stripe_double, "pm_card_authenticationRequired")
    pay(order=waiting, confirmation_token=card)
    intent = lapse(waiting, stripe_double)
    stripe_double.authenticate(intent)
    settle(waiting.attempts.get().pk)
    assert money(waiting) == CHARGED
    assert allocated(waiting) == 1


def lapse(order: Order, double: Double) -> str:
    """Expire an order whose shopper is at the bank, while Stripe keeps the intent open."""
    now = Order.objects.get(pk=order.pk)
    now.move_to(OrderState.EXPIRED)
    release(now, reopen_basket=True)
    return str(double.intents()[0]["id"])


def test_late_payment_for_new_backorder_is_released(
    order: Any, product: Any, stripe_double: Double
):
    """It was in stock when it was ordered, so the shopper did not agree to an early charge."""
    plane = product(stock=1, backorder=True)
    made = order(plane)
    pay(order=made, confirmation_token=token(stripe_double, "pm_card_authenticationRequired"))
    intent = lapse(made, stripe_double)
    put(0, plane.stockrecords.get())
    stripe_double.authenticate(intent)
    settle(made.attempts.get().pk)
    assert money(made) == ("cancelled", "cancelled", [("authorize", 6821), ("void", 6821)])
    assert allocated(made) == 0
    email = compose(Message.objects.get(email_type="order-cancelled"))
    assert "Butterfly has just gone on backorder and ships later than shown." in email.text


# --- Getting out of it ---------------------------------------------------------------------------


@pytest.fixture
def charged(order: Any, cart: Any, late: Product, product: Any, stripe_double: Double) -> Order:
    """Charged at checkout: two late Ladybirds and a Butterfly in stock, 112.59 CAD."""
    made = order(basket=cart((late, 2), product(stock=3)), early_charge=True)
    pay(order=made, confirmation_token=token(stripe_double))
    return Order.objects.get(pk=made.pk)


@pytest.mark.promise("early-charge-refund")
def test_cancellation_before_shipping_refunds_everything(charged: Order, stripe_double: Double):
    assert transactions(charged) == [("authorize", 11259), ("capture", 11259)]
    cancel_order(order=charged, reason="Changed my mind", by=None)
    cancel_order(order=charged, reason="Changed my mind", by=None)
    assert money(charged) == (
        "cancelled", "captured",
        [("authorize", 11259), ("capture", 11259), ("refund", 11259)],
    )  # fmt: skip
    assert allocated(charged) == 0
    assert [refund["amount"] for refund in stripe_double.refunds()] == [11259]


@pytest.mark.promise("early-charge-refund")
def test_customer_cancellation_refunds_everything(client: Any, charged: Order):
    address = reverse("returns:cancel-order", args=[charged.number, status_token(charged)])
    assert "any payment is refunded" in client.get(address).content.decode()
    assert client.post(address, {"reason": ""}).status_code == 302
    assert transactions(charged)[2:] == [("refund", 11259)]


def test_cancelled_line_is_refunded_with_tax(charged: Order):
    line = charged.lines.order_by("pk").first()
    assert line is not None
    cancel_items(order=charged, quantities={line.pk: 1}, reason="Recalled", by=None)
    assert transactions(charged)[2:] == [("refund", 2219)]
    assert Order.objects.get().status == "placed"
    line.refresh_from_db()
    assert (line.cancelled, line.uncharged) == (1, 0)


def test_line_cancelled_after_lost_capture_is_refunded(
    order: Any, cart: Any, late: Product, product: Any, stripe_double: Double
):
    stripe_double.fault(r"/capture$", lost=True, when="after", times=3)
    made = order(basket=cart((late, 2), product(stock=3)), early_charge=True)
    pay(order=made, confirmation_token=token(stripe_double))
    stripe_double.clear_faults()
    line = made.lines.order_by("pk")[0]
    cancel_items(order=made, quantities={line.pk: 1}, reason="Recalled", by=None)
    assert transactions(made) == [("authorize", 11259), ("capture", 11259), ("refund", 2219)]
    assert reconcile() == []
    assert PaymentAlert.objects.count() == 0
    line.refresh_from_db()
    assert (line.cancelled, line.uncharged) == (1, 0)


def test_order_cancelled_after_lost_capture_is_refunded(waiting: Order, stripe_double: Double):
    stripe_double.fault(r"/capture$", lost=True, when="after", times=3)
    pay(order=waiting, confirmation_token=token(stripe_double))
    stripe_double.clear_faults()
    cancel_order(order=waiting, reason="Changed my mind", by=None)
    assert transactions(waiting) == [("authorize", 3495), ("capture", 3495), ("refund", 3495)]


# --- Pages and emails ----------------------------------------------------------------------------


def test_order_page_emails_and_admin_show_the_consent(staff: Any, client: Any, charged: Order):
    text = charged.early_charge_text
    page = client.get(
        reverse("orders:status", args=[charged.number, status_token(charged)])
    ).content.decode()
    assert text in page
    assert "Charged to your card: $112.59." in page
    email = compose(Message.objects.get(email_type="order-confirmed"))
    assert f"“{text}”" in email.html
    assert f'"{text}"' in " ".join(email.text.split())
    for said in (email.text, email.html):
        assert "your card is charged $112.59 now" in said
        assert "charged when the first shipment leaves" not in said
    admin = staff.get(reverse("admin:order_order_change", args=[charged.pk])).content.decode()
    assert text in admin
    for_staff = compose(Message.objects.filter(email_type="order-for-staff")[0])
    assert "the card is charged at checkout, as the customer agreed" in " ".join(
        for_staff.text.split()
    )
