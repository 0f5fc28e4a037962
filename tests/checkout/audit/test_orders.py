"""Wrong order numbers, states, shipments and policy acceptances."""

from typing import Any

import pytest

from checkout.order.models import Order
from tests.checkout.audit.helpers import breaches, ship, sql, without_triggers
from tests.stripe_double.control import Double

COMPARE = "Compare it with its shipments and emails, and tell a developer."


@pytest.fixture
def placed(paid: Any, stripe_double: Double) -> Order:
    """A paid order for two Butterflies and a Ladybird."""
    return paid()


def test_wrong_check_digit_is_a_breach(order: Any, stripe_double: Double):
    order()
    sql("UPDATE order_order SET number = '100015'")
    assert breaches() == [
        "order 100015: Its check digit is wrong. "
        "Find out how it was created: it is not from the sequence."
    ]


def test_shipping_more_than_ordered_is_a_breach(placed: Order):
    ship(placed, 2, 1)
    line = placed.lines.order_by("pk")[0]
    sql("UPDATE order_shippingeventquantity SET quantity = 3 WHERE line_id = %s", line.pk)
    found = breaches()
    assert (
        f"order {placed.number}: {line.partner_sku}: 3 shipped, but 2 ordered. "
        "Ask the customer to return the extra units."
    ) in found
    assert len(found) == 2  # its line reserves -1, too
    assert "but -1 left to ship" in found[0]


def test_state_that_does_not_match_shipments_is_a_breach(placed: Order):
    ship(placed, 1)
    sql("UPDATE order_order SET status = 'shipped'")
    sql("UPDATE order_orderstatuschange SET new_status = 'shipped' WHERE old_status = 'placed'")
    assert breaches() == [f"order {placed.number}: It is shipped. Units shipped: 1 of 3. {COMPARE}"]


@pytest.mark.parametrize("state", ["placed", "cancelled", "expired", "pending"])
def test_partly_shipped_order_in_another_state_is_a_breach(placed: Order, state: str):
    ship(placed, 1)
    sql("UPDATE order_order SET status = %s", state)
    problem = f"It is {state}. Units shipped: 1 of 3."
    assert f"order {placed.number}: {problem} {COMPARE}" in breaches()


def test_line_state_that_does_not_match_units_is_a_breach(placed: Order):
    line = placed.lines.order_by("pk")[1]
    sql("UPDATE order_line SET status = 'shipped' WHERE id = %s", line.pk)
    assert breaches() == [
        f"order {placed.number}: {line.partner_sku} is shipped with 0 returned, but should be "
        f"ordered with 0 returned. {COMPARE}"
    ]


def test_returned_units_without_a_return_are_a_breach(placed: Order):
    ship(placed, 2, 1)
    line = placed.lines.order_by("pk")[1]
    sql("UPDATE order_line SET status = 'returned', returned = 1 WHERE id = %s", line.pk)
    assert breaches() == [
        f"order {placed.number}: {line.partner_sku} is returned with 1 returned, but should "
        f"be returned with 0 returned. {COMPARE}"
    ]


def test_change_that_is_not_allowed_is_a_breach(placed: Order):
    ship(placed, 2, 1)
    sql("UPDATE order_orderstatuschange SET old_status = 'expired' WHERE new_status = 'shipped'")
    problem = "It changed from expired to shipped, which is not allowed at that point."
    assert breaches() == [f"order {placed.number}: {problem} {COMPARE}"]


def test_change_from_a_wrong_state_is_a_breach(placed: Order):
    sql("UPDATE order_orderstatuschange SET old_status = 'expired'")
    problem = "It changed from expired to placed, which is not allowed at that point."
    assert breaches() == [f"order {placed.number}: {problem} {COMPARE}"]


def test_state_without_a_change_is_a_breach(placed: Order):
    sql("DELETE FROM order_orderstatuschange")
    problem = "It is placed, but its last change was to pending."
    assert breaches() == [f"order {placed.number}: {problem} {COMPARE}"]


def test_missing_policy_acceptance_is_a_breach(placed: Order, paid: Any):
    later = paid()
    assert breaches() == []
    without_triggers("policies_acceptance")
    sql("DELETE FROM policies_acceptance WHERE subject = %s", f"order:{later.number}")
    assert breaches() == [
        f"order {later.number}: It has no acceptance of the policy “Payment methods”. "
        "Do not change the policies, and tell a developer."
    ]


def test_order_before_a_policy_was_required_needs_no_acceptance(placed: Order):
    without_triggers("policies_acceptance")
    sql("DELETE FROM policies_acceptance")
    assert breaches() == []
