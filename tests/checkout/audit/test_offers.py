"""Discounts and counters that are not what the orders used."""

from typing import Any

import pytest

from checkout.fulfilment.services import cancel_order
from checkout.order.models import Order
from tests.checkout.audit.running import breaches, sql
from tests.checkout.shelf import make_voucher
from tests.stripe_double.control import Double

RESET = "Set its counters to what the orders say, or its limit lets in too many or too few."


@pytest.fixture
def cheaper(paid: Any, product: Any, cart: Any, stripe_double: Double) -> Order:
    """Three at 33.33 CAD, less 10 per cent by a voucher."""
    return paid(cart((product(price="33.33"), 3), vouchers=[make_voucher("SPRING")]))


def test_discounts_that_are_not_what_lines_were_reduced_by_are_a_breach(cheaper: Order):
    sql("UPDATE order_orderdiscount SET amount = amount + 0.01")
    sql("UPDATE offer_conditionaloffer SET total_discount = total_discount + 0.01")
    sql("UPDATE voucher_voucher SET total_discount = total_discount + 0.01")
    assert breaches() == [
        f"order {cheaper.number}: Its lines are reduced by 10.00 CAD, and its discounts are "
        "10.01 CAD. The order's figures were changed after it was placed: compare with its letter."
    ]


def test_an_offer_that_lost_count_is_a_breach(cheaper: Order):
    sql("UPDATE offer_conditionaloffer SET num_applications = num_applications + 1")
    assert breaches() == [
        "offer 'Voucher SPRING': It counted 2 uses for 10.00 CAD; its orders have 1 for 10.00 CAD. "
        + RESET
    ]


def test_a_voucher_that_lost_count_is_a_breach(cheaper: Order):
    sql("UPDATE voucher_voucher SET num_orders = 0")
    assert breaches() == [
        "voucher SPRING: It counted 0 orders (1 noted) for 10.00 CAD; 1 use it for 10.00 CAD. "
        + RESET
    ]


def test_a_use_that_a_cancelled_order_gave_back_is_counted_no_more(cheaper: Order):
    cancel_order(order=cheaper, reason="Sold out.", by=None)
    assert breaches() == []
    sql("UPDATE voucher_voucher SET num_orders = 1")
    assert breaches() == [
        "voucher SPRING: It counted 1 orders (0 noted) for 0.00 CAD; 0 use it for 0.00 CAD. "
        + RESET
    ]
