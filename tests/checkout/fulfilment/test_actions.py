"""Shipments, cancellations, refunds and notes: the services that staff use."""

from typing import Any

import pytest

from accounts.mail.models import Message
from catalog.partner.models import StockRecord
from checkout.fulfilment import refund_actions, services, shipments
from checkout.order.locking import OrderActionError
from checkout.order.models import Order, OrderNote, ShippingEvent
from checkout.payment.models import PaymentAttempt
from checkout.settlement.reconcile import reconcile
from checkout.settlement.services import pay, settle
from tests.catalog import stock
from tests.checkout.conftest import allocated, token, transactions
from tests.stripe_double.control import Double


@pytest.fixture
def placed(order: Any, cart: Any, product: Any, stripe_double: Double) -> Order:
    """Paid: two Butterflies and one Ladybird, 145.84 CAD."""
    basket = cart((product(stock=5), 2), product("Ladybird", price="19.99", stock=3))
    made = order(basket=basket)
    pay(order=made, confirmation_token=token(stripe_double))
    Message.objects.all().delete()
    return Order.objects.get(pk=made.pk)


def ship(order: Order, *units: int, number: str = "CP1", **more: Any) -> ShippingEvent:
    lines = [line.pk for line in order.lines.all()]
    quantities = dict(zip(lines, units or (2, 1), strict=False))
    return shipments.create_shipment(
        order=order,
        quantities=more.pop("quantities", quantities),
        carrier="Canada Post",
        tracking_number=number,
        by=more.pop("by", None),
    )


def stock_levels() -> list[tuple[int, int | None]]:
    return list(StockRecord.objects.order_by("pk").values_list("num_in_stock", "num_allocated"))


def everything(order: Order) -> Any:
    now = Order.objects.get(pk=order.pk)
    attempt = PaymentAttempt.objects.get(order=order)
    return (
        now.status, stock_levels(), transactions(order), allocated(now),
        ShippingEvent.objects.count(), Message.objects.count(), OrderNote.objects.count(),
        (attempt.state, attempt.captured_cents, attempt.refunded_cents),
    )  # fmt: skip


@pytest.mark.promise("charged-when-it-leaves")
def test_shipment_captures_payment_and_takes_stock(placed: Order, charlie: Any):
    event = ship(placed, by=charlie)
    assert (event.carrier, event.tracking_number, event.by) == ("Canada Post", "CP1", charlie)
    assert Order.objects.get(pk=placed.pk).status == "shipped"
    assert transactions(placed) == [("authorize", 14584), ("capture", 14584)]
    assert stock_levels() == [(3, 0), (2, 0)]
    assert [m.email_type for m in Message.objects.all()] == ["shipment-sent"]


@pytest.mark.promise("delivery-once")
def test_two_shipments_capture_payment_once(placed: Order, stripe_double: Double):
    ship(placed, 1)
    assert Order.objects.get(pk=placed.pk).status == "part-shipped"
    assert stock_levels() == [(4, 1), (3, 1)]
    ship(placed, 1, 1, number="CP2")
    assert Order.objects.get(pk=placed.pk).status == "shipped"
    assert stock_levels() == [(3, 0), (2, 0)]
    assert transactions(placed) == [("authorize", 14584), ("capture", 14584)]
    assert stripe_double.intents()[0]["amount_received"] == 14584
    assert Message.objects.filter(email_type="shipment-sent").count() == 2


def test_repeated_shipment_returns_the_first(placed: Order):
    first = ship(placed, 1)
    before = everything(placed)
    assert ship(placed, 1) == first
    assert everything(placed) == before


@pytest.mark.parametrize(
    ("units", "words"),
    [
        ((3,), "Butterfly: 2 left to ship, not 3"),
        ((-1,), "Butterfly: 2 left to ship, not -1"),
        ((0, 0), "Select at least one item to ship"),
    ],
)
def test_invalid_shipment_is_rejected(placed: Order, units: Any, words: str):
    before = everything(placed)
    with pytest.raises(OrderActionError, match=words):
        ship(placed, *units)
    assert everything(placed) == before


def test_line_of_another_order_is_rejected(placed: Order, order: Any):
    before = everything(placed)
    with pytest.raises(OrderActionError, match="another order"):
        ship(placed, quantities={order().lines.get().pk: 1})
    assert everything(placed)[:1] == before[:1]
    assert transactions(placed) == [("authorize", 14584)]


def test_unpaid_order_cannot_be_shipped(order: Any, stripe_double: Double):
    waiting = order()
    with pytest.raises(OrderActionError, match="pending cannot be shipped"):
        ship(waiting, 1)
    assert everything(waiting)[0] == "pending"


def test_missing_stock_captures_nothing(placed: Order):
    StockRecord.objects.update(backorder=True)
    stock.put(0)
    before = everything(placed)
    with pytest.raises(OrderActionError, match="can ship now"):
        ship(placed)
    assert everything(placed) == before


def test_stripe_timeout_ships_nothing_and_retry_works(placed: Order, stripe_double: Double):
    before = everything(placed)
    stripe_double.fault(r"/capture$", lost=True, when="after", times=3)
    with pytest.raises(OrderActionError, match="Stripe did not respond"):
        ship(placed)
    assert everything(placed) == before
    ship(placed)
    assert transactions(placed) == [("authorize", 14584), ("capture", 14584)]
    assert len(stripe_double.charges()) == 1


def test_expired_authorization_is_not_shipped(placed: Order, stripe_double: Double):
    stripe_double.expire(stripe_double.intents()[0]["id"])
    before = everything(placed)
    with pytest.raises(OrderActionError, match="Its status at Stripe: canceled"):
        ship(placed)
    assert everything(placed) == before
    reconcile()
    with pytest.raises(OrderActionError, match="no longer authorized"):
        ship(placed)


@pytest.mark.promise("nothing-for-cancelled")
def test_cancellation_releases_payment_and_stock(placed: Order, stripe_double: Double):
    services.cancel_order(order=placed, reason="Motor out of production", by=None)
    assert Order.objects.get(pk=placed.pk).status == "cancelled"
    assert transactions(placed) == [("authorize", 14584), ("void", 14584)]
    assert stock_levels() == [(5, 0), (3, 0)]
    assert stripe_double.intents()[0]["status"] == "canceled"
    message = Message.objects.get()
    assert (message.email_type, message.data["reason"]) == (
        "order-cancelled",
        "Motor out of production",
    )
    before = everything(placed)
    services.cancel_order(order=placed, reason="again", by=None)
    settle(placed.attempts.get().pk)
    assert everything(placed) == before


def test_cancelling_unpaid_order_cancels_the_payment(
    order: Any, product: Any, stripe_double: Double
):
    waiting = order(product())
    pay(order=waiting, confirmation_token=token(stripe_double, "pm_card_visa_chargeDeclined"))
    services.cancel_order(order=waiting, reason="Asked by telephone", by=None)
    assert stripe_double.intents()[0]["status"] == "canceled"
    assert (allocated(waiting), transactions(waiting)) == (0, [])


def test_cancelling_partially_shipped_order_refunds_the_rest(placed: Order, stripe_double: Double):
    ship(placed, 1)
    services.cancel_order(order=placed, reason="Sold out after all", by=None)
    # one Butterfly of two (110.89 with tax) and the Ladybird (22.19); shipping stays charged
    assert transactions(placed)[2:] == [("refund", 7764)]
    assert stock_levels() == [(4, 0), (3, 0)]
    assert {m.email_type for m in Message.objects.all()} == {
        "shipment-sent", "items-cancelled", "order-refunded",
    }  # fmt: skip
    assert Order.objects.get(pk=placed.pk).status == "shipped"  # nothing remains to ship


def test_shipped_order_cannot_be_cancelled(placed: Order):
    ship(placed)
    before = everything(placed)
    with pytest.raises(OrderActionError, match="shipped cannot become cancelled"):
        services.cancel_order(order=placed, reason="too late", by=None)
    assert everything(placed) == before


def test_cancellation_after_stripe_timeout_can_be_retried(placed: Order, stripe_double: Double):
    before = everything(placed)
    stripe_double.fault(r"/cancel$", lost=True, when="after", times=3)
    with pytest.raises(OrderActionError, match="Stripe did not respond"):
        services.cancel_order(order=placed, reason="x", by=None)
    assert everything(placed) == before
    services.cancel_order(order=placed, reason="x", by=None)
    assert transactions(placed) == [("authorize", 14584), ("void", 14584)]


@pytest.mark.promise("refund-same-card")
def test_partial_refunds_never_exceed_the_captured_amount(placed: Order, charlie: Any):
    ship(placed)
    first = refund_actions.refund_order(order=placed, cents=1000, reason="Bent wing", by=charlie)
    assert (first.amount_cents, first.reason, first.by) == (1000, "Bent wing", charlie)
    refund_actions.refund_order(order=placed, cents=1000, reason="Bent wing", by=charlie)
    assert transactions(placed)[2:] == [("refund", 1000), ("refund", 1000)]
    before = everything(placed)
    for cents in (12585, 0, -1):
        with pytest.raises(OrderActionError, match=r"between \$0.01 and \$125.84"):
            refund_actions.refund_order(order=placed, cents=cents, reason="x", by=None)
    assert everything(placed) == before
    refund_actions.refund_order(order=placed, cents=12584, reason="All", by=None)
    attempt = placed.attempts.get()
    assert attempt.refunded_cents == attempt.captured_cents == 14584
    assert Message.objects.filter(email_type="order-refunded").count() == 3


def test_uncaptured_order_cannot_be_refunded(placed: Order):
    before = everything(placed)
    with pytest.raises(OrderActionError, match=r"between \$0.01 and \$0.00"):
        refund_actions.refund_order(order=placed, cents=1, reason="x", by=None)
    assert everything(placed) == before


def test_refund_with_lost_response_is_not_repeated(placed: Order, stripe_double: Double):
    ship(placed)
    stripe_double.fault(r"POST /v1/refunds$", lost=True, when="after", times=3)
    before = everything(placed)
    with pytest.raises(OrderActionError, match="Stripe did not respond"):
        refund_actions.refund_order(order=placed, cents=1000, reason="Bent wing", by=None)
    assert everything(placed) == before
    with pytest.raises(OrderActionError, match=r"\$10.00 had already been refunded"):
        refund_actions.refund_order(order=placed, cents=1000, reason="Bent wing", by=None)
    assert len(stripe_double.refunds()) == 1
    assert transactions(placed)[2:] == [("refund", 1000)]
    assert Message.objects.filter(email_type="order-refunded").count() == 1


def test_refund_made_at_stripe_is_recorded_and_emailed(placed: Order, stripe_double: Double):
    ship(placed)
    stripe_double.refund(stripe_double.intents()[0]["id"], 500)
    reconcile()
    assert transactions(placed)[2:] == [("refund", 500)]
    assert placed.attempts.get().refunded_cents == 500
    assert Message.objects.filter(email_type="order-refunded").count() == 1


def test_note_is_not_shown_to_customer(placed: Order, charlie: Any):
    note = services.add_note(order=placed, message="Called: wants it gift-wrapped", by=charlie)
    assert (note.user, note.note_type, note.order) == (charlie, "Info", placed)
    assert not Message.objects.exists()
