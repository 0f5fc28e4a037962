"""Request, approve, decline, receive and refund returns. A rejection changes nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.mail.models import Message
from accounts.users.models import User
from catalog.partner.models import StockMovement
from checkout.order.locking import OrderActionError
from checkout.order.models import Order, ShippingEvent
from checkout.returns import services
from checkout.returns.models import Return
from checkout.returns.services import RequestedItem, ReturnError
from checkout.settlement.reconcile import reconcile
from checkout.settlement.services import pay
from tests.checkout.conftest import token, transactions
from tests.checkout.returns.helpers import (
    approve_and_receive,
    email_types,
    events,
    request_return,
    ship,
    snapshot,
    stock,
)
from tests.stripe_double.control import Double

# --- Requesting ----------------------------------------------------------------------------------


def test_request_is_stored_and_emailed_to_customer_and_staff(shipped: Order):
    ret = request_return(shipped, 2, note="The left wing is bent.")
    assert (ret.number, ret.state) == (f"R{shipped.number}-1", "requested")
    assert events(ret) == [("requested", "The left wing is bent.", None, True)]
    assert [(each.quantity, each.reason) for each in ret.lines.all()] == [(2, "faulty")]
    assert email_types() == ["return-requested", "return-for-staff"]
    assert list(Message.objects.order_by("pk").values_list("recipient", flat=True)) == [
        "dana@example.com", "sales@plantraco.com",
    ]  # fmt: skip


def test_duplicate_request_creates_one_return(shipped: Order):
    first = request_return(shipped, 2)
    before = snapshot(shipped)
    assert request_return(shipped, 2) == first
    assert snapshot(shipped) == before


def items(order: Order, pieces: int, reason: str = "faulty") -> list[RequestedItem]:
    return [RequestedItem(order.lines.order_by("pk")[0].pk, pieces, reason)]


@pytest.mark.parametrize(
    ("pieces", "reason", "words"),
    [
        (4, "faulty", "You can return up to 3 of Butterfly, not 4."),
        (0, "faulty", "You can return up to 3 of Butterfly, not 0."),
        (-1, "faulty", "You can return up to 3 of Butterfly, not -1."),
        (1, "", "Please select a reason for returning Butterfly."),
        (1, "boring", "Please select a reason for returning Butterfly."),
    ],
)
def test_invalid_items_are_rejected(shipped: Order, pieces: int, reason: str, words: str):
    before = snapshot(shipped)
    with pytest.raises(ReturnError) as refusal:
        services.request_return(order=shipped, items=items(shipped, pieces, reason), note="x")
    assert str(refusal.value) == words
    assert snapshot(shipped) == before


def test_empty_and_duplicate_items_are_rejected(shipped: Order):
    before = snapshot(shipped)
    with pytest.raises(ReturnError, match="enter the quantity"):
        services.request_return(order=shipped, items=[], note="x")
    with pytest.raises(ReturnError, match="listed twice"):
        services.request_return(order=shipped, items=items(shipped, 1) * 2, note="x")
    assert snapshot(shipped) == before


def test_units_in_another_return_are_rejected(shipped: Order):
    request_return(shipped, 2, note="first")
    before = snapshot(shipped)
    with pytest.raises(ReturnError, match="You can return up to 1 of Butterfly, not 2"):
        request_return(shipped, 2, note="second")
    assert snapshot(shipped) == before


def test_line_of_another_order_is_rejected(shipped: Order, order: Any):
    other = order()
    before = snapshot(shipped)
    with pytest.raises(ReturnError, match="not part of the order"):
        services.request_return(order=shipped, items=items(other, 1), note="x")
    assert snapshot(shipped) == before


def test_unshipped_units_are_rejected(order: Any, product: Any, cart: Any, stripe_double: Double):
    made = order(basket=cart((product(), 2)))
    pay(order=made, confirmation_token=token(stripe_double))
    before = snapshot(made)
    with pytest.raises(ReturnError, match="Butterfly cannot be returned. It has not shipped yet"):
        services.request_return(order=made, items=items(made, 1), note="x")
    assert snapshot(made) == before
    ship(made, 1)
    with pytest.raises(ReturnError, match="You can return up to 1 of Butterfly, not 2"):
        services.request_return(order=made, items=items(made, 2), note="x")


@pytest.mark.promise("return-window")
def test_return_window_ends_after_the_thirtieth_day(shipped: Order):
    def parcel_left(days: int) -> None:
        ShippingEvent.objects.update(date_created=timezone.now() - timedelta(days=days))

    parcel_left(31)
    before = snapshot(shipped)
    with pytest.raises(ReturnError, match=r"Butterfly cannot be returned. The return period ended"):
        request_return(shipped, 1)
    assert snapshot(shipped) == before
    parcel_left(30)
    assert request_return(shipped, 1).state == "requested"


# --- Approving and declining ---------------------------------------------------------------------


@pytest.mark.promise("return-answer")
def test_approval_is_emailed_to_the_customer(shipped: Order, charlie: User):
    ret = request_return(shipped, 1)
    services.approve(ret=ret, note="Use a small box.", by=charlie)
    assert events(ret)[1:] == [("approved", "Use a small box.", charlie.email, False)]
    assert email_types()[2:] == ["return-approved"]
    before = snapshot(shipped)
    services.approve(ret=ret, note="again", by=charlie)
    assert snapshot(shipped) == before


@pytest.mark.promise("return-answer")
def test_decline_requires_a_reason_and_releases_the_units(shipped: Order, charlie: User):
    ret = request_return(shipped, 3)
    with pytest.raises(ReturnError, match="Please enter a reason"):
        services.decline(ret=ret, note="  ", by=charlie)
    services.decline(ret=ret, note="It was flown.", by=charlie)
    assert events(ret)[1:] == [("declined", "It was flown.", charlie.email, False)]
    assert email_types()[2:] == ["return-declined"]
    assert request_return(shipped, 3, note="It was not flown.").nth == 2


@pytest.mark.promise("return-steps")
def test_customer_can_cancel_until_the_parcel_is_received(shipped: Order, charlie: User):
    ret = request_return(shipped, 3)
    services.approve(ret=ret, by=charlie)
    services.cancel_request(ret=ret, note="I glued it.")
    assert events(ret)[2:] == [("cancelled", "I glued it.", None, True)]
    again = approve_and_receive(request_return(shipped, 1, note="again"), charlie, (1, 0))
    before = snapshot(shipped)
    with pytest.raises(ReturnError, match="A return that is received cannot become cancelled."):
        services.cancel_request(ret=again)
    assert snapshot(shipped) == before


@pytest.mark.parametrize("act", ["approve", "decline", "close", "receive", "refund"])
def test_cancelled_return_accepts_no_action(shipped: Order, charlie: User, act: str):
    ret = request_return(shipped, 1)
    services.cancel_request(ret=ret)
    before = snapshot(shipped)
    line = ret.lines.get().pk
    more: dict[str, Any] = {
        "receive": {"received": {line: (1, 0)}},
        "refund": {"wanted": {}, "cents": 1, "reason": "x"},
    }.get(act, {"note": "x"})
    with pytest.raises(OrderActionError, match="A return that is cancelled cannot"):
        getattr(services, act)(ret=ret, by=charlie, **more)
    assert snapshot(shipped) == before


# --- Receiving -----------------------------------------------------------------------------------


def test_only_restocked_units_return_to_stock(shipped: Order, charlie: User):
    assert stock() == [(7, 0), (9, 0)]
    ret = approve_and_receive(request_return(shipped, 3), charlie, (2, 1))
    assert stock() == [(9, 0), (9, 0)]
    each = ret.lines.get()
    assert (each.restocked, each.scrapped, each.first_unit) == (2, 1, 0)
    assert events(ret)[2:] == [("received", "", charlie.email, False)]
    assert email_types()[-1] == "return-received"
    lines = shipped.lines.order_by("pk").values_list("returned", "status")
    assert list(lines) == [(3, "returned"), (0, "shipped")]
    moves = StockMovement.objects.filter(type="return").values_list(
        "on_hand_change", "reference", "by"
    )
    assert list(moves) == [(2, f"order:{shipped.number}", charlie.pk)]


def test_duplicate_receipt_restocks_once(shipped: Order, charlie: User):
    ret = approve_and_receive(request_return(shipped, 2), charlie, (2, 0))
    before = snapshot(shipped)
    pieces = {ret.lines.get().pk: (2, 0)}
    services.receive(ret=ret, received=pieces, by=charlie)
    with pytest.raises(ReturnError, match="A return that is received cannot become received."):
        services.receive(ret=ret, received={ret.lines.get().pk: (1, 0)}, by=charlie)
    # regression: a different second receipt was accepted
    assert snapshot(shipped) == before


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((3, 0), "The return request is for 2 of Butterfly, not 3."),
        ((1, 2), "The return request is for 2 of Butterfly, not 3."),
        ((-1, 2), "The return request is for 2 of Butterfly, not 1."),
        ((0, 0), "Enter what arrived. If nothing arrived, close the return instead."),
    ],
)
def test_invalid_receipt_is_rejected(
    shipped: Order, charlie: User, counts: tuple[int, int], words: str
):
    ret = services.approve(ret=request_return(shipped, 2), by=charlie)
    before = snapshot(shipped)
    with pytest.raises(ReturnError) as refusal:
        services.receive(ret=ret, received={ret.lines.get().pk: counts}, by=charlie)
    assert str(refusal.value) == words
    assert snapshot(shipped) == before


def test_line_of_another_return_is_rejected_at_receipt(shipped: Order, charlie: User):
    ret = services.approve(ret=request_return(shipped, 1), by=charlie)
    other = request_return(shipped, 1, note="other")
    before = snapshot(shipped)
    with pytest.raises(ReturnError, match="belongs to another return"):
        services.receive(ret=ret, received={other.lines.get().pk: (1, 0)}, by=charlie)
    assert snapshot(shipped) == before


def test_units_that_did_not_arrive_can_be_returned_later(shipped: Order, charlie: User):
    approve_and_receive(request_return(shipped, 3), charlie, (1, 0))
    assert request_return(shipped, 2, note="the others").state == "requested"


# --- Refunding -----------------------------------------------------------------------------------


def give_back(ret: Return, by: User | None = None, **more: Any) -> Any:
    wanted = services.refund_proposal(
        ret, fee_cents=more.pop("fee_cents", 0), fee_percent=more.pop("fee_percent", 0),
        delivery=more.pop("delivery", False),
    )  # fmt: skip
    return services.refund(ret=ret, wanted=wanted, reason="Return", by=by, **more)


@pytest.mark.promise("refund-same-card", "tax-comes-back")
def test_refund_includes_tax_and_is_emailed(shipped: Order, charlie: User):
    ret = approve_and_receive(request_return(shipped, 1), charlie, (0, 1))
    refund = give_back(ret, charlie)
    assert refund.amount_cents == 3333 + 167 + 200
    ret.refresh_from_db()
    assert ret.state == "refunded"
    assert events(ret)[3:] == [("refunded", "Return", charlie.email, False)]
    assert ret.events.last().refund == refund
    assert email_types()[-1] == "order-refunded"


@pytest.mark.promise("fair-share")
def test_single_unit_refunds_add_up_to_the_line(shipped: Order, charlie: User):
    for note in ("one", "two", "three"):
        give_back(approve_and_receive(request_return(shipped, 1, note=note), charlie, (1, 0)))
    amounts = [cents for kind, cents in transactions(shipped) if kind == "refund"]
    assert amounts == [3700, 3699, 3700]
    assert sum(amounts) == 9999 + 500 + 600


def test_shipping_is_refunded_once(shipped: Order, charlie: User):
    first = approve_and_receive(request_return(shipped, 1, note="one"), charlie, (1, 0))
    assert give_back(first, delivery=True).amount_cents == 3700 + 1150 + 57 + 69
    second = approve_and_receive(request_return(shipped, 1, note="two"), charlie, (1, 0))
    assert give_back(second, delivery=True).amount_cents == 3699


@pytest.mark.promise("no-fee-for-faults")
@pytest.mark.parametrize(
    ("reason", "fee", "cents"),
    [
        ("changed-mind", {"fee_percent": 15}, 2833 + 142 + 170),
        ("changed-mind", {"fee_cents": 450}, 2883 + 144 + 173),
        ("changed-mind", {"fee_cents": 999999}, 0),
        ("faulty", {"fee_percent": 15}, 3700),
    ],
)
def test_fee_applies_only_to_a_change_of_mind(
    shipped: Order, charlie: User, reason: str, fee: dict[str, int], cents: int
):
    ret = approve_and_receive(request_return(shipped, 1, reason=reason), charlie, (1, 0))
    assert sum(services.refund_proposal(ret, delivery=False, **fee).values()) == cents


def test_any_amount_up_to_the_captured_sum_can_be_refunded(shipped: Order, charlie: User):
    ret = approve_and_receive(request_return(shipped, 1), charlie, (1, 0))
    before = snapshot(shipped)
    for cents in (14595, 0, -1):
        with pytest.raises(OrderActionError, match=r"between \$0.01 and \$145.94"):
            give_back(ret, cents=cents)
    assert snapshot(shipped) == before
    assert give_back(ret, cents=14594).amount_cents == 14594


def test_second_refund_is_rejected(shipped: Order, charlie: User):
    ret = approve_and_receive(request_return(shipped, 1), charlie, (1, 0))
    give_back(ret)
    before = snapshot(shipped)
    with pytest.raises(OrderActionError, match="A return that is refunded cannot be refunded."):
        give_back(ret)
    assert snapshot(shipped) == before


def test_lost_answer_does_not_refund_twice(shipped: Order, charlie: User, stripe_double: Double):
    ret = approve_and_receive(request_return(shipped, 1), charlie, (1, 0))
    before = snapshot(shipped)
    stripe_double.fault(r"POST /v1/refunds$", lost=True, when="after", times=3)
    with pytest.raises(OrderActionError, match="Stripe did not respond"):
        give_back(ret, charlie)
    assert snapshot(shipped) == before
    reconcile()
    ret.refresh_from_db()
    assert (ret.state, transactions(shipped)[2:]) == ("refunded", [("refund", 3700)])
    assert events(ret)[3:] == [("refunded", "Return", charlie.email, False)]
    with pytest.raises(OrderActionError, match="cannot be refunded"):
        give_back(ret, charlie)
    assert len(stripe_double.refunds()) == 1


def test_return_without_a_parcel_can_be_closed(shipped: Order, charlie: User):
    ret = services.approve(ret=request_return(shipped, 3), by=charlie)
    with pytest.raises(ReturnError, match="Please enter a reason"):
        services.close(ret=ret, note="", by=charlie)
    services.close(ret=ret, note="No parcel in two months.", by=charlie)
    assert events(ret)[2:] == [("closed", "No parcel in two months.", charlie.email, False)]
    assert (email_types()[-1], stock()) == ("return-closed", [(7, 0), (9, 0)])
    assert request_return(shipped, 3, note="now").state == "requested"
