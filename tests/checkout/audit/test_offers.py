"""Wrong discounts and counters."""

from typing import Any

import pytest

from checkout.audit.checks.tax import DIFFERS
from checkout.fulfilment.services import cancel_order
from checkout.order.models import Order
from tests.checkout.audit.helpers import breaches, sql
from tests.checkout.factories import make_voucher
from tests.stripe_double.control import Double

RESET = "Set its counters to what the orders say, or its usage limit is wrong."


@pytest.fixture
def cheaper(paid: Any, product: Any, cart: Any, stripe_double: Double) -> Order:
    """A paid order of 3 x 33.33 CAD with a 10 per cent discount code."""
    return paid(cart((product(price="33.33"), 3), vouchers=[make_voucher("SPRING")]))


def test_discounts_that_differ_from_lines_are_a_breach(cheaper: Order):
    sql("UPDATE order_orderdiscount SET amount = amount + 0.01")
    sql("UPDATE offer_conditionaloffer SET total_discount = total_discount + 0.01")
    sql("UPDATE voucher_voucher SET total_discount = total_discount + 0.01")
    assert breaches() == [
        f"order {cheaper.number}: Its lines are reduced by 10.00 CAD, but its discounts add up to "
        f"10.01 CAD. {DIFFERS}"
    ]


def test_wrong_offer_counter_is_a_breach(cheaper: Order):
    sql("UPDATE offer_conditionaloffer SET num_applications = num_applications + 1")
    assert breaches() == [
        "offer 'Voucher SPRING': Uses counted: 2 (10.00 CAD); in orders: 1 (10.00 CAD). " + RESET
    ]


def test_wrong_voucher_counter_is_a_breach(cheaper: Order):
    sql("UPDATE voucher_voucher SET num_orders = 0")
    assert breaches() == [
        "discount code SPRING: Orders counted: 0 (1 recorded, 10.00 CAD); orders that use it: 1 "
        "(10.00 CAD). " + RESET
    ]


def test_use_of_a_cancelled_order_is_not_counted(cheaper: Order):
    cancel_order(order=cheaper, reason="Sold out.", by=None)
    assert breaches() == []
    sql("UPDATE voucher_voucher SET num_orders = 1")
    assert breaches() == [
        "discount code SPRING: Orders counted: 1 (0 recorded, 0.00 CAD); orders that use it: 0 "
        "(0.00 CAD). " + RESET
    ]


def test_cancelled_order_whose_offer_and_code_were_renamed_is_no_breach(cheaper: Order):
    # Mutation: _locked() looked offers up by name: "Uses counted: 1 (10.00 CAD); ..."
    sql("UPDATE offer_conditionaloffer SET name = 'Renamed'")
    sql("UPDATE voucher_voucher SET code = 'RENAMED'")
    cancel_order(order=cheaper, reason="Sold out.", by=None)
    assert breaches() == []
