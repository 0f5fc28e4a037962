"""Cancelling some items of an order, and early capture."""

from typing import Any

import pytest

from accounts.mail.models import Message
from accounts.mail.rendering import compose
from checkout.audit.services import run_audit
from checkout.fulfilment.capture_actions import capture_payment_early
from checkout.fulfilment.partial_cancellation import cancel_items
from checkout.fulfilment.refund_actions import refund_order
from checkout.fulfilment.services import cancel_order
from checkout.fulfilment.shipments import create_shipment
from checkout.order.locking import OrderActionError
from checkout.order.models import LineCancellation, Order, OrderNote
from checkout.payment.models import PaymentAttempt, Transaction
from checkout.refunds.allocation import charged_shares, refundable_shares
from checkout.refunds.models import PlannedRefund
from checkout.settlement.reconcile import reconcile
from checkout.settlement.services import pay, settle
from tests.catalog.stock import levels
from tests.checkout.conftest import allocated, token, transactions
from tests.stripe_double.control import Double


@pytest.fixture
def placed(order: Any, cart: Any, product: Any, stripe_double: Double) -> Order:
    """Paid: two Butterflies and three Ladybirds, 190.22 CAD with GST and PST of Saskatchewan."""
    basket = cart((product(stock=5), 2), (product("Ladybird", price="19.99", stock=3), 3))
    made = order(basket=basket)
    pay(order=made, confirmation_token=token(stripe_double))
    return Order.objects.get(pk=made.pk)


def lines_of(order: Order) -> list[int]:
    return list(order.lines.order_by("pk").values_list("pk", flat=True))


def cancel_units(
    order: Order, *units: int, reason: str = "Out of production", by: Any = None
) -> Order:
    quantities = dict(zip(lines_of(order), units, strict=False))
    return cancel_items(order=order, quantities=quantities, reason=reason, by=by)


def ship(order: Order, *units: int, number: str = "CP1", by: Any = None) -> None:
    quantities = dict(zip(lines_of(order), units, strict=False))
    create_shipment(
        order=order, quantities=quantities, carrier="UPS", tracking_number=number, by=by
    )


def lines(order: Order) -> list[tuple[str, int, int, int]]:
    fields = ("status", "cancelled", "uncharged", "num_allocated")
    return list(order.lines.order_by("pk").values_list(*fields))


def money(order: Order) -> tuple[str, int, int, int, int]:
    one = PaymentAttempt.objects.get(order=order)
    return one.state, one.amount_cents, one.waived_cents, one.captured_cents, one.refunded_cents


def everything(order: Order) -> Any:
    now = Order.objects.get(pk=order.pk)
    return (
        now.status, lines(now), money(now), transactions(now), allocated(now),
        LineCancellation.objects.count(), Message.objects.count(), OrderNote.objects.count(),
    )  # fmt: skip


# --- Before capture ------------------------------------------------------------------------------


def test_items_cancelled_before_capture_are_not_charged(
    placed: Order, charlie: Any, stripe_double: Double
):
    # Mutation: with the whole amount captured Stripe had 19022 and not 16803.
    cancel_units(placed, 0, 1, by=charlie)
    assert lines(placed) == [("ordered", 0, 0, 2), ("ordered", 1, 1, 2)]
    assert [levels(line.stockrecord) for line in placed.lines.order_by("pk")] == [(5, 2), (3, 2)]
    assert money(placed) == ("authorized", 19022, 2219, 0, 0)
    row = LineCancellation.objects.get()
    assert (row.quantity, row.cents, row.reason, row.by, row.refund) == (
        1, 2219, "Out of production", charlie, None,
    )  # fmt: skip
    ship(placed, 2, 2, by=charlie)
    assert Order.objects.get(pk=placed.pk).status == "shipped"
    assert stripe_double.intents()[0]["amount_received"] == 16803
    assert transactions(placed) == [("authorize", 19022), ("capture", 16803)]
    assert Transaction.objects.get(type="capture").by == charlie
    assert money(placed) == ("captured", 19022, 2219, 16803, 0)


def test_capture_of_reduced_amount_raises_no_alert(placed: Order, stripe_double: Double):
    cancel_units(placed, 0, 1)
    notes = OrderNote.objects.count()
    ship(placed, 2, 2)
    settle(placed.attempts.get().pk)
    assert reconcile() == []
    assert OrderNote.objects.count() == notes
    assert run_audit().breaches == []


def test_full_capture_at_stripe_after_cancellation_raises_alert(
    placed: Order, stripe_double: Double
):
    cancel_units(placed, 0, 1)
    stripe_double.capture(stripe_double.intents()[0]["id"])
    settle(placed.attempts.get().pk)
    note = OrderNote.objects.order_by("pk").last()
    assert note.message == "190.22 of 168.03 CAD was captured at Stripe."
    assert money(placed) == ("captured", 19022, 2219, 19022, 0)


def test_units_cancelled_one_by_one_add_up_to_the_line(placed: Order):
    for _ in range(3):
        cancel_units(placed, 0, 1)
    cents = list(LineCancellation.objects.order_by("pk").values_list("cents", flat=True))
    assert (cents, sum(cents)) == ([2219, 2219, 2219], 6657)
    assert lines(placed)[1] == ("cancelled", 3, 3, 0)
    assert sum(charged_shares(placed).values()) == 19022 - 6657


# --- After capture -------------------------------------------------------------------------------


def test_items_cancelled_after_capture_are_refunded(
    placed: Order, charlie: Any, stripe_double: Double
):
    ship(placed, 2, 1)
    cancel_units(placed, 0, 1, by=charlie)
    assert money(placed) == ("captured", 19022, 0, 19022, 2219)
    refund = Transaction.objects.get(type="refund")
    assert (refund.amount_cents, refund.reason, refund.by) == (
        2219, "Out of production", charlie,
    )  # fmt: skip
    assert LineCancellation.objects.get().refund == refund
    parts = {(part.line_id, part.component): part.cents for part in refund.allocations.all()}
    ladybird = lines_of(placed)[1]
    assert parts == {(ladybird, ""): 1999, (ladybird, "GST"): 100, (ladybird, "PST"): 120}
    assert Order.objects.get(pk=placed.pk).status == "part-shipped"
    cancel_units(placed, 0, 1)
    assert Order.objects.get(pk=placed.pk).status == "shipped"
    assert lines(placed) == [("shipped", 0, 0, 0), ("shipped", 2, 0, 0)]
    assert [row["amount"] for row in stripe_double.refunds()] == [2219, 2219]
    assert run_audit().breaches == []


@pytest.mark.parametrize("told", [False, True], ids=["no webhook", "webhook first"])
def test_refund_with_lost_response_is_made_once(told: bool, placed: Order, stripe_double: Double):
    # Mutation: with a new key for each try Stripe refunded 2219 twice.
    ship(placed, 2, 1)
    before = everything(placed)
    stripe_double.fault(r"POST /v1/refunds$", lost=True, when="after", times=3)
    with pytest.raises(OrderActionError, match="Stripe did not respond"):
        cancel_units(placed, 0, 1)
    assert everything(placed) == before
    if told:
        settle(placed.attempts.get().pk)
    cancel_units(placed, 0, 1)
    assert [row["amount"] for row in stripe_double.refunds()] == [2219]
    assert money(placed) == ("captured", 19022, 0, 19022, 2219)
    assert LineCancellation.objects.get().refund == Transaction.objects.get(type="refund")
    assert run_audit().breaches == []


def test_other_refund_of_same_amount_does_not_replace_it(placed: Order, stripe_double: Double):
    # Mutation: the refund used the plan of the cancelled items, which were then never refunded.
    ship(placed, 2, 1)
    stripe_double.fault(r"POST /v1/refunds$", lost=True, when="before", times=3)
    with pytest.raises(OrderActionError, match="Stripe did not respond"):
        cancel_units(placed, 0, 1)
    refund_order(order=placed, cents=2219, reason="Goodwill", by=None)
    cancel_units(placed, 0, 1)
    assert [row["amount"] for row in stripe_double.refunds()] == [2219, 2219]
    assert [each.reason for each in Transaction.objects.filter(type="refund")] == [
        "Goodwill", "Out of production",
    ]  # fmt: skip
    assert LineCancellation.objects.get().refund.reason == "Out of production"
    assert run_audit().breaches == []


def test_refunded_amount_is_not_refunded_again(placed: Order, stripe_double: Double):
    ship(placed, 2, 1)
    refund_order(order=placed, cents=19022, reason="Goodwill", by=None)
    cancel_units(placed, 0, 2)
    assert [row["amount"] for row in stripe_double.refunds()] == [19022]
    assert Order.objects.get(pk=placed.pk).status == "shipped"
    assert LineCancellation.objects.get().refund is None


def test_uncharged_items_are_not_refunded(placed: Order, stripe_double: Double):
    cancel_units(placed, 0, 1)
    ship(placed, 2, 1)
    cancel_order(order=placed, reason="Sold out", by=None)
    assert money(placed) == ("captured", 19022, 2219, 16803, 2219)
    assert sum(refundable_shares(placed).values()) == 16803 - 2219
    assert Order.objects.get(pk=placed.pk).status == "shipped"
    assert run_audit().breaches == []


def test_order_can_be_cancelled_after_partial_cancellation(placed: Order, stripe_double: Double):
    cancel_units(placed, 0, 1)
    cancel_order(order=placed, reason="Changed their mind", by=None)
    assert Order.objects.get(pk=placed.pk).status == "cancelled"
    assert [line[:2] for line in lines(placed)] == [("cancelled", 2), ("cancelled", 3)]
    assert transactions(placed) == [("authorize", 19022), ("void", 19022)]
    assert (allocated(placed), run_audit().breaches) == (0, [])


# --- Rejections ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("units", "words"),
    [
        ((0, 4), "Ladybird: 3 left to cancel, not 4"),
        ((0, -1), "Ladybird: 3 left to cancel, not -1"),
        ((0, 0), "Select at least one item to cancel"),
        ((2, 3), "Please cancel the order instead"),
    ],
)
def test_invalid_quantities_are_rejected(placed: Order, units: Any, words: str):
    before = everything(placed)
    with pytest.raises(OrderActionError, match=words):
        cancel_units(placed, *units)
    assert everything(placed) == before


def test_no_charge_is_promised_on_an_authorization_that_has_ended(
    placed: Order, stripe_double: Double
):
    # Mutation: the email said that the rest is charged when the first shipment leaves.
    stripe_double.expire(stripe_double.intents()[0]["id"])
    for _ in range(2):  # also before any other code has read the payment from Stripe
        with pytest.raises(OrderActionError, match="no longer authorized. Please cancel the order"):
            cancel_units(placed, 1)
    assert (lines(placed)[0], money(placed)) == (
        ("ordered", 0, 0, 2), ("cancelled", 19022, 0, 0, 0),
    )  # fmt: skip
    assert not Message.objects.filter(email_type="items-cancelled").exists()
    assert cancel_order(order=placed, reason="Sold out", by=None).status == "cancelled"


def test_line_of_another_order_is_rejected(placed: Order, order: Any):
    other = order().lines.get()
    before = everything(placed)
    with pytest.raises(OrderActionError, match="belongs to another order"):
        cancel_items(order=placed, quantities={other.pk: 1}, reason="x", by=None)
    assert everything(placed) == before


def test_shipped_or_unpaid_items_cannot_be_cancelled(
    placed: Order, order: Any, stripe_double: Double
):
    with pytest.raises(OrderActionError, match="Items of an order that is pending cannot"):
        cancel_units(order(), 1)
    ship(placed, 2, 3)
    before = everything(placed)
    with pytest.raises(OrderActionError, match="Items of an order that is shipped cannot"):
        cancel_units(placed, 0, 1)
    assert everything(placed) == before


@pytest.mark.parametrize(("left_over", "taken"), [(1, False), (49, False), (50, True)])
def test_cancellation_below_stripe_minimum_is_rejected(placed: Order, left_over: int, taken: bool):
    waived = 19022 - 2219 - left_over
    PaymentAttempt.objects.filter(order=placed).update(waived_cents=waived)
    before = everything(placed)
    if taken:
        cancel_units(placed, 0, 1)
        assert money(placed)[2] == waived + 2219
        return
    with pytest.raises(
        OrderActionError, match=rf"\$0.{left_over:02} would be left to capture, .* \$0.50"
    ):
        cancel_units(placed, 0, 1)
    assert everything(placed) == before


# --- Early capture -------------------------------------------------------------------------------


def test_early_capture_is_made_once(placed: Order, charlie: Any, stripe_double: Double):
    for _ in range(2):
        capture_payment_early(order=placed, reason="Said so by telephone", by=charlie)
    assert transactions(placed) == [("authorize", 19022), ("capture", 19022)]
    assert Transaction.objects.get(type="capture").by == charlie
    note = OrderNote.objects.get()
    assert (note.message, note.user) == (
        "Payment captured before shipping: Said so by telephone", charlie,
    )  # fmt: skip
    ship(placed, 2, 3)
    assert transactions(placed) == [("authorize", 19022), ("capture", 19022)]


def test_unpaid_order_cannot_be_captured_early(order: Any, stripe_double: Double):
    made = order()
    with pytest.raises(OrderActionError, match="an order that is pending cannot be captured early"):
        capture_payment_early(order=made, reason="x", by=None)
    assert (transactions(made), OrderNote.objects.count()) == ([], 0)


# --- Emails --------------------------------------------------------------------------------------


def test_email_lists_cancelled_items_and_reduced_charge(placed: Order):
    cancel_units(placed, 0, 1)
    email = compose(Message.objects.get(email_type="items-cancelled"))
    assert email.subject == f"Some items in order {placed.number} were cancelled"
    assert "1 x Ladybird" in email.text
    assert "Reason: Out of production" in email.text
    text = " ".join(email.text.split())
    assert "charge your card $22.19 less, tax included: $168.03 CAD when the first" in text
    assert "2 x Butterfly" in email.text


def test_email_announces_refund_of_cancelled_items(placed: Order):
    ship(placed, 2, 1)
    Message.objects.all().delete()
    cancel_units(placed, 0, 2)
    kinds = list(Message.objects.order_by("pk").values_list("email_type", flat=True))
    assert kinds == ["order-refunded", "items-cancelled"]
    email = compose(Message.objects.get(email_type="items-cancelled"))
    assert "we will refund them to the same card" in " ".join(email.text.split())
    assert "STILL TO COME" not in email.text


def test_rejected_cancellation_plans_no_refund(placed: Order):
    # Mutation: the plan stayed, and a later cancellation refunded by it what was refunded since.
    ship(placed, 2, 1)

    def reject(_order: Order) -> None:
        raise OrderActionError("Changed")

    quantities = {lines_of(placed)[1]: 1}
    with pytest.raises(OrderActionError, match="Changed"):
        cancel_items(order=placed, quantities=quantities, reason="x", by=None, check=reject)
    assert not PlannedRefund.objects.exists()
