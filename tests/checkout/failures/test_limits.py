"""Vouchers and offers with a limit, which somebody else reaches; and totals that are too small."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from oscar.apps.voucher.models import Voucher

from catalog.partner.models import StockRecord
from checkout.basket.models import Basket
from checkout.offers.models import Benefit, ConditionalOffer
from checkout.order.models import Order, OrderNote
from checkout.settlement.reconcile import expire_orders
from checkout.settlement.services import settle
from tests.checkout.factories import make_offer, make_voucher
from tests.checkout.failures.aftermath import expire_locally
from tests.checkout.failures.conftest import time_is_up
from tests.checkout.failures.scene import (
    CONFIRM,
    LOOK,
    NOTHING,
    all_at_once,
    end,
    press,
)  # fmt: skip
from tests.checkout.shopper import checkout_form


def with_voucher(guest: Any) -> Client:
    """A guest who has typed the voucher."""
    browser = guest()
    Basket.objects.order_by("-pk").first().vouchers.add(Voucher.objects.get())
    return browser


@pytest.fixture
def single_use(plane: Any) -> Voucher:
    """A tenth off, for one order: 61.72 CAD instead of 67.16."""
    return make_voucher("ONCE", usage=Voucher.SINGLE_USE)


@pytest.fixture
def one_left(plane: Any) -> ConditionalOffer:
    """A tenth off for the next order only."""
    return make_offer("Early bird", max_global_applications=1)


def press_all(buyers: list[Client], double: Any) -> list[Any]:
    forms = [checkout_form(buyer) for buyer in buyers]
    jobs = [lambda b=b, f=f: press(b, f, double) for b, f in zip(buyers, forms, strict=True)]
    return all_at_once(*jobs)


@pytest.mark.parametrize("limit", ["single_use", "one_left"])
def test_five_who_want_the_last_use_are_one_order_at_the_lower_price(
    guest, stripe_double, needs_threads, request, limit
):
    # Mutation: redeem_offers() without the lock of _locked(), and two orders had the discount.
    request.getfixturevalue(limit)
    come = (lambda: with_voucher(guest)) if limit == "single_use" else guest
    answers = press_all([come() for _ in range(5)], stripe_double)
    outcomes = Counter(answer["outcome"] for answer in answers)
    assert outcomes["placed"] == 1
    assert outcomes["stopped"] + outcomes["changed"] == 4
    assert [charge["amount"] for charge in stripe_double.charges()] == [6172]
    offer = ConditionalOffer.objects.get()
    assert (offer.num_applications, offer.num_orders) == (1, 1)
    assert StockRecord.objects.get().num_allocated == 1
    said = {answer["message"] for answer in answers if answer["outcome"] == "stopped"}
    assert said <= {f"“{offer.name}” can no longer be used. Nothing was charged."}


@pytest.mark.parametrize("limit", ["single_use", "one_left"])
def test_an_order_that_waits_keeps_its_use_and_frees_it_when_it_lapses(
    guest, stripe_double, request, limit
):
    # Mutation: redeem_offers() counted nothing; two orders waited with the same last use.
    request.getfixturevalue(limit)
    come = (lambda: with_voucher(guest)) if limit == "single_use" else guest
    first, second = come(), come()
    form = checkout_form(second)
    assert press(first, checkout_form(first), stripe_double, "pm_card_visa_chargeDeclined")
    answer = press(second, form, stripe_double)
    assert answer["outcome"] in ("stopped", "changed")
    assert ConditionalOffer.objects.get().num_applications == 1

    time_is_up()
    expire_orders()
    assert ConditionalOffer.objects.get().num_applications == 0
    assert press(second, checkout_form(second), stripe_double)["outcome"] == "placed"
    assert ConditionalOffer.objects.get().num_applications == 1
    assert [c["amount"] for c in stripe_double.charges() if c["paid"]] == [6172]


@pytest.mark.parametrize("limit", ["single_use", "one_left"])
def test_money_that_comes_after_somebody_else_had_the_last_use_goes_back(
    guest, stripe_double, request, limit
):
    # Mutation: reserve_again() without _retake_offers(); two orders had the voucher for one.
    request.getfixturevalue(limit)
    come = (lambda: with_voucher(guest)) if limit == "single_use" else guest
    first = come()
    stripe_double.fault(CONFIRM, lost=True, when="after", times=3)
    stripe_double.fault(LOOK, status=500, times=3)
    press(first, checkout_form(first), stripe_double)
    lapsed = Order.objects.get()
    attempt = expire_locally(lapsed)
    second = come()
    assert press(second, checkout_form(second), stripe_double)["outcome"] == "placed"

    assert settle(attempt).status == "cancelled"
    found = end(stripe_double)
    assert found.orders == ("cancelled", "placed")
    assert found.books == (("authorize", 6172), ("authorize", 6172), ("void", 6172))
    assert found.charges == ("released 6172", "held 6172")
    assert found.shelf == ((10, 1),)
    name = ConditionalOffer.objects.get().name
    assert (
        OrderNote.objects.get().message
        == f"61.72 CAD returned to the customer: “{name}” can no longer be used."
    )
    assert ConditionalOffer.objects.get().num_applications == 1


def test_a_total_that_no_card_can_be_charged_is_said_before_anything_is_ordered(
    guest, stripe_double
):
    # Mutation: place_order() wrote the order, and "pay" said "cannot be reached" for ever.
    StockRecord.objects.update(price=Decimal("0.10"))
    delivery = make_offer("Free parcel", offer_type=ConditionalOffer.SITE)
    free = {"type": Benefit.SHIPPING_PERCENTAGE, "value": Decimal(100), "range": None}
    Benefit.objects.filter(pk=delivery.benefit_id).update(**free)
    buyer = guest()
    answer = press(buyer, checkout_form(buyer), stripe_double)
    assert (answer["outcome"], answer["message"]) == (
        "invalid",
        "The minimum for card payments is $0.50. Add another item to your cart. "
        "Nothing was charged.",
    )
    assert end(stripe_double) == NOTHING
