"""Stripe never answers: each staff action ends in time, with a clear message; nothing changes."""

import time
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from checkout.order.models import Order
from tests.admin_forms import submit
from tests.checkout.fulfilment.helpers import action_url, line_data, shipment_data, snapshot
from tests.stripe_double.control import Double

DEADLINE = 1  # seconds


def _form(order: Order, action: str) -> dict[str, Any]:
    if action == "ship":
        return shipment_data(order, 2, 1)
    if action == "cancel-items":
        return line_data(order, 1, 0) | {"reason": "Out of production"}
    amount = {"amount": "10.00"} if action == "refund" else {}
    return {"reason": "Bent propeller", "once": "1", **amount}


@pytest.mark.parametrize("action", ["ship", "capture", "cancel", "cancel-items", "refund"])
def test_action_ends_within_the_deadline(
    action: str, staff: Client, paid: Order, stripe_double: Double, settings: Settings
) -> None:
    settings.STRIPE_DEADLINE = DEADLINE
    if action in ("cancel-items", "refund"):  # of a captured payment: money is refunded
        submit(staff, action_url(paid, "capture"), {"reason": "By telephone", "once": "c"})
    if action == "refund":
        submit(staff, action_url(paid, "ship"), shipment_data(paid, 2, 1))
    before = snapshot(paid)
    stripe_double.fault(r"/v1/", stall=True, times=1000)
    start = time.monotonic()
    answer = submit(staff, action_url(paid, action), _form(paid, action))
    assert time.monotonic() - start < DEADLINE + 5  # without it: 18 seconds
    stripe_double.clear_faults()
    assert "Stripe did not respond" in answer.content.decode()
    assert snapshot(paid) == before
