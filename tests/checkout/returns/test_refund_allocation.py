"""Refunds are allocated to lines, shipping and taxes, to the cent."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.fulfilment.refund_actions import refund_order
from checkout.fulfilment.services import cancel_order
from checkout.order.locking import OrderActionError
from checkout.order.models import Order
from checkout.payment.models import Transaction
from checkout.refunds.allocation import (
    OTHER,
    Share,
    charged_shares,
    deduct,
    divide_refund,
    item_shares,
    refundable_shares,
)
from checkout.refunds.models import PlannedRefund
from checkout.settlement.reconcile import reconcile
from checkout.settlement.services import pay
from microflight.core.money import to_cents
from tests.checkout.conftest import token, transactions
from tests.checkout.returns.helpers import ship
from tests.stripe_double.control import Double


def named(refund: Transaction) -> dict[str, int]:
    """Return the cents of each part, such as {"Butterfly": 3333, "Butterfly GST": 167}."""
    return {
        f"{part.line.title if part.line else part.type} {part.component}".strip(): part.cents
        for part in refund.allocations.select_related("line")
    }


def give_back(order: Order, cents: int, **more: Any) -> Transaction:
    return refund_order(order=order, cents=cents, reason="Bent wing", by=None, **more)


@pytest.mark.promise("fair-share")
def test_shares_add_up_to_the_order_total(shipped: Order):
    assert sum(charged_shares(shipped).values()) == to_cents(shipped.total_incl_tax) == 14594


def test_single_unit_shares_add_up_to_the_line(shipped: Order):
    line = shipped.lines.order_by("pk")[0]
    whole = item_shares(shipped, {line.pk: (0, 3)})
    thirds = [item_shares(shipped, {line.pk: (place, 1)}) for place in range(3)]
    # regression: rounding each unit alone gave 3 x 167 = 501 of 500 cents of GST
    for share, cents in whole.items():
        assert sum(third[share] for third in thirds) == cents
    assert [third[Share("items", line.pk, "GST")] for third in thirds] == [167, 166, 167]


def test_three_unit_refunds_refund_exactly_the_line(shipped: Order):
    line = shipped.lines.order_by("pk")[0]
    for place in (2, 1, 0):
        wanted = item_shares(shipped, {line.pk: (place, 1)})
        give_back(shipped, sum(wanted.values()), shares=wanted)
    now = refundable_shares(shipped)
    assert [now[Share("items", line.pk, name)] for name in ("", "GST", "PST")] == [0, 0, 0]
    assert sum(now.values()) == 14594 - sum(cents for _, cents in transactions(shipped)[2:])
    assert sum(cents for _, cents in transactions(shipped)[2:]) == 9999 + 500 + 600


def test_free_amount_is_allocated_over_the_whole_order(shipped: Order):
    refund = give_back(shipped, 1000)
    assert named(refund) == {
        "Butterfly": 685, "Ladybird": 137, "shipping": 79,
        "Butterfly GST": 34, "Ladybird GST": 7, "shipping GST": 4,
        "Butterfly PST": 41, "Ladybird PST": 8, "shipping PST": 5,
    }  # fmt: skip
    assert sum(named(refund).values()) == 1000


def test_amount_above_the_units_is_allocated_to_the_rest(shipped: Order):
    line = shipped.lines.order_by("pk")[1]
    wanted = item_shares(shipped, {line.pk: (0, 1)})
    refund = give_back(shipped, sum(wanted.values()) + 500, shares=wanted)
    assert {name: cents for name, cents in named(refund).items() if "Ladybird" in name} == {
        "Ladybird": 1999, "Ladybird GST": 100, "Ladybird PST": 120,
    }  # fmt: skip
    assert sum(named(refund).values()) == 2719


def test_refunds_end_at_the_order_total(shipped: Order):
    for cents in (1, 4999, 3, 7000, 14594 - 12003):
        give_back(shipped, cents)
        assert min(refundable_shares(shipped).values()) >= 0
    assert set(refundable_shares(shipped).values()) == {0}
    with pytest.raises(OrderActionError, match=r"between \$0.01 and \$0.00"):
        give_back(shipped, 1)


def test_dashboard_refund_is_allocated(shipped: Order, stripe_double: Double):
    stripe_double.refund(stripe_double.intents()[0]["id"], 14594)
    reconcile()
    refund = Transaction.objects.get(type="refund")
    assert named(refund) == {
        "Butterfly": 9999, "Ladybird": 1999, "shipping": 1150,
        "Butterfly GST": 500, "Ladybird GST": 100, "shipping GST": 57,
        "Butterfly PST": 600, "Ladybird PST": 120, "shipping PST": 69,
    }  # fmt: skip


def test_lost_refund_keeps_its_reason_when_an_event_records_it(
    shipped: Order, charlie: Any, stripe_double: Double
):
    line = shipped.lines.order_by("pk")[1]
    wanted = item_shares(shipped, {line.pk: (0, 1)})
    stripe_double.fault(r"POST /v1/refunds$", lost=True, when="after", times=3)
    with pytest.raises(OrderActionError, match="Stripe did not respond"):
        refund_order(order=shipped, cents=2219, reason="Bent", by=charlie, shares=wanted)
    reconcile()
    refund = Transaction.objects.get(type="refund")
    assert (refund.reason, refund.by) == ("Bent", charlie)
    assert named(refund) == {"Ladybird": 1999, "Ladybird GST": 100, "Ladybird PST": 120}
    assert PlannedRefund.objects.get().refund == refund
    # a retry returns the same refund; only once it was answered is there a second one
    again = refund_order(order=shipped, cents=2219, reason="Bent", by=charlie, shares=wanted)
    assert again == refund
    assert len(stripe_double.refunds()) == 1
    give_back(shipped, 2219)
    assert len(stripe_double.refunds()) == 2


def test_refund_rejected_by_stripe_can_be_retried(shipped: Order, stripe_double: Double):
    stripe_double.fault(r"POST /v1/refunds$", status=400, times=1)
    with pytest.raises(OrderActionError, match="Stripe declined"):
        give_back(shipped, 500)
    assert not Transaction.objects.filter(type="refund").exists()
    give_back(shipped, 500)
    assert list(PlannedRefund.objects.values_list("cents", "answered")) == [(500, True)] * 2
    assert len({plan.key for plan in PlannedRefund.objects.all()}) == 2


def test_cancelled_and_returned_units_do_not_overlap(
    order: Any, cart: Any, product: Any, stripe_double: Double
):
    made = order(basket=cart((product(price="33.33"), 3)))
    pay(order=made, confirmation_token=token(stripe_double))
    ship(made, 2)
    cancel_order(order=made, reason="Sold out", by=None)
    line = made.lines.get()
    refund = Transaction.objects.get(type="refund")
    assert named(refund) == {"Butterfly": 3333, "Butterfly GST": 167, "Butterfly PST": 200}
    wanted = item_shares(made, {line.pk: (1, 2)})
    give_back(made, sum(wanted.values()), shares=wanted)
    assert {share.type for share, cents in refundable_shares(made).items() if cents} == {"shipping"}


def test_fee_keeps_its_tax(shipped: Order):
    line = shipped.lines.order_by("pk")[0]
    wanted = item_shares(shipped, {line.pk: (0, 3)})
    reduced = deduct(wanted, 1000)  # keeps 10.00 of 99.99 with its 0.50 GST and 0.60 PST
    assert {share.component: cents for share, cents in reduced.items()} == {
        "": 8999, "GST": 450, "PST": 540,
    }  # fmt: skip
    assert deduct(wanted, 99999) == dict.fromkeys(wanted, 0)


_SHARES = st.dictionaries(
    st.builds(
        Share, st.just("items"), st.integers(1, 6), st.sampled_from(["", "GST", "PST", "QST"])
    ),
    st.integers(0, 500_00),
    min_size=1,
)


@given(available=_SHARES, wanted=_SHARES, part=st.decimals(0, 1, places=3))
def test_division_adds_up_and_respects_each_share(
    available: dict[Share, int], wanted: dict[Share, int], part: Decimal
):
    cents = int(sum(available.values()) * part)
    found = divide_refund(cents, wanted, available)
    # regression: an empty share got a cent
    assert sum(found.values()) == cents
    assert OTHER not in found
    assert all(0 < amount <= available[share] for share, amount in found.items())


def test_amount_beyond_the_order_is_allocated_to_other():
    assert divide_refund(150, {}, {Share("shipping", None, ""): 100}) == {
        Share("shipping", None, ""): 100, OTHER: 50,
    }  # fmt: skip
