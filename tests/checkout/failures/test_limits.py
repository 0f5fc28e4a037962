"""Vouchers and offers with a limit that another buyer reaches; totals that are too small."""

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
from tests.checkout.failures.conftest import end_payment_windows
from tests.checkout.failures.recovery import expire_locally
from tests.checkout.failures.scenario import (
    CONFIRM,
    NO_ORDER,
    RETRIEVE,
    press_pay,
    snapshot,
)
from tests.checkout.shopper import checkout_form
from tests.concurrency import run_concurrently


def with_voucher(guest: Any) -> Client:
    """A guest who entered the voucher."""
    browser = guest()
    Basket.objects.order_by("-pk").first().vouchers.add(Voucher.objects.get())
    return browser


@pytest.fixture
def single_use(plane: Any) -> Voucher:
    """10 % off one order: 61.72 CAD instead of 67.16."""
    return make_voucher("ONCE", usage=Voucher.SINGLE_USE)


@pytest.fixture
def one_left(plane: Any) -> ConditionalOffer:
    """10 % off the next order only."""
    return make_offer("Early bird", max_global_applications=1)


def press_all(buyers: list[Client], double: Any) -> list[Any]:
    forms = [checkout_form(buyer) for buyer in buyers]
    jobs = [lambda b=b, f=f: press_pay(b, f, double) for b, f in zip(buyers, forms, strict=True)]
    return run_concurrently(*jobs)


@pytest.mark.parametrize("limit", ["single_use", "one_left"])
def test_concurrent_buyers_share_the_last_use_once(
    guest, stripe_double, postgres_only, request, limit
):
    # Mutation: redeem_offers() without the lock of _locked(): two orders had the discount
    request.getfixturevalue(limit)
    make_browser = (lambda: with_voucher(guest)) if limit == "single_use" else guest
    responses = press_all([make_browser() for _ in range(5)], stripe_double)
    outcomes = Counter(response["outcome"] for response in responses)
    assert outcomes["placed"] == 1
    assert outcomes["stopped"] + outcomes["changed"] == 4
    assert [charge["amount"] for charge in stripe_double.charges()] == [6172]
    offer = ConditionalOffer.objects.get()
    assert (offer.num_applications, offer.num_orders) == (1, 1)
    assert StockRecord.objects.get().num_allocated == 1
    messages = {response["message"] for response in responses if response["outcome"] == "stopped"}
    assert messages <= {f"“{offer.name}” can no longer be used. Nothing was charged."}


@pytest.mark.parametrize("limit", ["single_use", "one_left"])
def test_pending_order_reserves_its_use_until_it_expires(guest, stripe_double, request, limit):
    # Mutation: redeem_offers() counted nothing: two pending orders had the same last use
    request.getfixturevalue(limit)
    make_browser = (lambda: with_voucher(guest)) if limit == "single_use" else guest
    first, second = make_browser(), make_browser()
    form = checkout_form(second)
    assert press_pay(first, checkout_form(first), stripe_double, "pm_card_visa_chargeDeclined")
    response = press_pay(second, form, stripe_double)
    assert response["outcome"] in ("stopped", "changed")
    assert ConditionalOffer.objects.get().num_applications == 1

    end_payment_windows()
    expire_orders()
    assert ConditionalOffer.objects.get().num_applications == 0
    assert press_pay(second, checkout_form(second), stripe_double)["outcome"] == "placed"
    assert ConditionalOffer.objects.get().num_applications == 1
    assert [c["amount"] for c in stripe_double.charges() if c["paid"]] == [6172]


@pytest.mark.parametrize("limit", ["single_use", "one_left"])
def test_late_payment_is_released_when_the_last_use_is_gone(guest, stripe_double, request, limit):
    # Mutation: reserve_again() without _redeem_offers_again(): two orders had the voucher
    request.getfixturevalue(limit)
    make_browser = (lambda: with_voucher(guest)) if limit == "single_use" else guest
    first = make_browser()
    stripe_double.fault(CONFIRM, lost=True, when="after", times=3)
    stripe_double.fault(RETRIEVE, status=500, times=3)
    press_pay(first, checkout_form(first), stripe_double)
    expired = Order.objects.get()
    attempt = expire_locally(expired)
    second = make_browser()
    assert press_pay(second, checkout_form(second), stripe_double)["outcome"] == "placed"

    assert settle(attempt).status == "cancelled"
    found = snapshot(stripe_double)
    assert found.orders == ("cancelled", "placed")
    assert found.transactions == (("authorize", 6172), ("authorize", 6172), ("void", 6172))
    assert found.charges == ("released 6172", "authorized 6172")
    assert found.stock == ((10, 1),)
    name = ConditionalOffer.objects.get().name
    assert (
        OrderNote.objects.get().message
        == f"61.72 CAD returned to the customer: “{name}” can no longer be used."
    )
    assert ConditionalOffer.objects.get().num_applications == 1


def test_total_below_the_card_minimum_is_rejected_before_ordering(guest, stripe_double):
    # Mutation: place_order() saved the order, and Pay said "cannot be reached" forever
    StockRecord.objects.update(price=Decimal("0.10"))
    delivery = make_offer("Free parcel", offer_type=ConditionalOffer.SITE)
    free = {"type": Benefit.SHIPPING_PERCENTAGE, "value": Decimal(100), "range": None}
    Benefit.objects.filter(pk=delivery.benefit_id).update(**free)
    buyer = guest()
    response = press_pay(buyer, checkout_form(buyer), stripe_double)
    assert (response["outcome"], response["message"]) == (
        "invalid",
        "The minimum for card payments is $0.50. Add another item to your cart. "
        "Nothing was charged.",
    )
    assert snapshot(stripe_double) == NO_ORDER
