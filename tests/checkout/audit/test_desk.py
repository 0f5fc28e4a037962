"""Numbers, states, parcels and agreements that cannot be."""

from typing import Any

import pytest

from checkout.order.models import Order
from tests.checkout.audit.conftest import ship
from tests.checkout.audit.running import breaches, sql, without_triggers
from tests.stripe_double.control import Double

LOOK = "Compare it with its parcels and its letters, and tell a developer."


@pytest.fixture
def placed(paid: Any, stripe_double: Double) -> Order:
    """Two Butterflies and a Ladybird, paid for."""
    return paid()


def test_a_number_with_a_wrong_check_digit_is_a_breach(order: Any, stripe_double: Double):
    order()
    sql("UPDATE order_order SET number = '100015'")
    assert breaches() == [
        "order 100015: Its check digit is wrong. "
        "Find out how it came in: it is not from the sequence."
    ]


def test_more_in_parcels_than_was_ordered_is_a_breach(placed: Order):
    ship(placed, 2, 1)
    line = placed.lines.order_by("pk")[0]
    sql("UPDATE order_shippingeventquantity SET quantity = 3 WHERE line_id = %s", line.pk)
    found = breaches()
    assert (
        f"order {placed.number}: 3 of {line.partner_sku} have left, and 2 were to be sent. "
        "Ask the customer to send back what was too much."
    ) in found
    assert len(found) == 2  # and its line holds -1
    assert "and -1 are still to ship" in found[0]


def test_a_state_that_the_parcels_do_not_say_is_a_breach(placed: Order):
    ship(placed, 1)
    sql("UPDATE order_order SET status = 'shipped'")
    sql("UPDATE order_orderstatuschange SET new_status = 'shipped' WHERE old_status = 'placed'")
    assert breaches() == [
        f"order {placed.number}: It is shipped, and 1 of 3 pieces to be sent have left. {LOOK}"
    ]


@pytest.mark.parametrize("state", ["placed", "cancelled", "expired", "pending"])
def test_no_other_state_fits_an_order_of_which_a_part_has_left(placed: Order, state: str):
    ship(placed, 1)
    sql("UPDATE order_order SET status = %s", state)
    what = f"It is {state}, and 1 of 3 pieces to be sent have left."
    assert f"order {placed.number}: {what} {LOOK}" in breaches()


def test_a_line_whose_state_its_pieces_do_not_say_is_a_breach(placed: Order):
    line = placed.lines.order_by("pk")[1]
    sql("UPDATE order_line SET status = 'shipped' WHERE id = %s", line.pk)
    what = f"{line.partner_sku} is shipped with 0 returned; its pieces say ordered, 0 returned."
    assert breaches() == [f"order {placed.number}: {what} {LOOK}"]


def test_a_return_that_no_return_explains_is_a_breach(placed: Order):
    ship(placed, 2, 1)
    line = placed.lines.order_by("pk")[1]
    sql("UPDATE order_line SET status = 'returned', returned = 1 WHERE id = %s", line.pk)
    what = f"{line.partner_sku} is returned with 1 returned; its pieces say returned, 0 returned."
    assert breaches() == [f"order {placed.number}: {what} {LOOK}"]


def test_a_move_that_the_table_does_not_have_is_a_breach(placed: Order):
    ship(placed, 2, 1)
    sql("UPDATE order_orderstatuschange SET old_status = 'expired' WHERE new_status = 'shipped'")
    what = "It went from expired to shipped, which is no move from where it was."
    assert breaches() == [f"order {placed.number}: {what} {LOOK}"]


def test_a_move_from_where_the_order_was_not_is_a_breach(placed: Order):
    sql("UPDATE order_orderstatuschange SET old_status = 'expired'")
    what = "It went from expired to placed, which is no move from where it was."
    assert breaches() == [f"order {placed.number}: {what} {LOOK}"]


def test_a_state_that_no_move_leads_to_is_a_breach(placed: Order):
    sql("DELETE FROM order_orderstatuschange")
    what = "It is placed, and its changes lead to pending."
    assert breaches() == [f"order {placed.number}: {what} {LOOK}"]


def test_an_order_without_its_agreement_is_a_breach(placed: Order, paid: Any):
    later = paid()
    assert breaches() == []
    without_triggers("policies_acceptance")
    sql("DELETE FROM policies_acceptance WHERE subject = %s", f"order:{later.number}")
    assert breaches() == [
        f"order {later.number}: Nothing says that its customer agreed to 'Payment methods'. "
        "Do not change the texts, and tell a developer."
    ]


def test_an_order_from_before_a_text_was_asked_for_needs_no_agreement(placed: Order):
    without_triggers("policies_acceptance")
    sql("DELETE FROM policies_acceptance")
    assert breaches() == []
