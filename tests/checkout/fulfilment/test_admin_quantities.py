"""The admin forms that create shipments and cancel items, and early capture."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.mail.models import Message
from accounts.users.models import User
from checkout.order.models import LineCancellation, Order
from checkout.payment.models import PaymentAttempt, Transaction
from checkout.settlement.services import pay
from tests.admin_forms import submit
from tests.catalog.stock import put
from tests.checkout.conftest import token
from tests.checkout.fulfilment.helpers import (
    action_url,
    line_data,
    order_url,
    shipment_data,
    snapshot,
)
from tests.stripe_double.control import Double


def cancellation_data(order: Order, *quantities: int, **changes: Any) -> dict[str, Any]:
    """Return form data that cancels these quantities."""
    return {**line_data(order, *quantities), "reason": "Out of production", **changes}


@pytest.fixture
def waiting(order: Any, cart: Any, product: Any, stripe_double: Double) -> Order:
    """A paid order of three Ladybirds, of which two are in stock."""
    scarce = product(
        "Ladybird", price="19.99", stock=2, backorder=True, expected_on=timezone.localdate()
    )
    made = order(basket=cart((scarce, 3)))
    pay(order=made, confirmation_token=token(stripe_double))
    return Order.objects.get(pk=made.pk)


def test_cancelling_an_item_reduces_the_amount_to_capture(
    staff: Client, charlie: User, paid: Order
) -> None:
    page = staff.get(action_url(paid, "cancel-items")).content.decode()
    assert "2 of 2 left to ship" in page
    assert "their price is not captured later" in page
    answer = submit(staff, action_url(paid, "cancel-items"), cancellation_data(paid, 1, 0))
    assert answer["Location"] == order_url(paid)
    row = LineCancellation.objects.get()
    assert (row.quantity, row.cents, row.by) == (1, 5545, charlie)
    page = staff.get(order_url(paid)).content.decode()
    assert "1 cancelled" in page
    assert "<dt>Not charged (cancelled items)</dt><dd>$55.45</dd>" in page
    assert "Email “Items cancelled”:" in page
    assert "Cancelled 1 × Butterfly: Out of production" in page
    page = staff.get(action_url(paid, "ship")).content.decode()
    assert "The payment of $90.39 is captured now" in page


def test_cancelling_items_after_capture_refunds_them(staff: Client, paid: Order) -> None:
    staff.post(action_url(paid, "ship"), shipment_data(paid, 1, 0))
    page = staff.get(action_url(paid, "cancel-items")).content.decode()
    assert "1 of 2 left to ship" in page
    assert "their price is refunded" in page
    submit(staff, action_url(paid, "cancel-items"), cancellation_data(paid, 1, 1))
    assert Transaction.objects.get(type="refund").amount_cents == 5545 + 2219
    assert Order.objects.get(pk=paid.pk).status == "shipped"


@pytest.mark.parametrize(
    ("units", "changes", "words"),
    [
        ((3, 0), {}, "less than or equal to 2"),
        ((0, 0), {}, "Select at least one item to cancel."),
        ((1, 0), {"reason": ""}, "This field is required."),
        ((2, 1), {}, "Please cancel the order instead."),
        ((1, 0), {"seen": "1:9"}, "The order has changed since you opened this page."),
    ],
)
def test_invalid_item_cancellation_is_rejected(
    units: tuple[int, int], changes: dict[str, str], words: str, staff: Client, paid: Order
) -> None:
    before = (snapshot(paid), LineCancellation.objects.count())
    data = cancellation_data(paid, *units, **changes)
    answer = submit(staff, action_url(paid, "cancel-items"), data)
    assert words in answer.content.decode()
    assert (snapshot(paid), LineCancellation.objects.count()) == before


@pytest.mark.parametrize("seen", [{}, {"seen": ""}])
def test_cancellation_that_does_not_say_what_it_showed_is_rejected(
    seen: dict[str, str], staff: Client, paid: Order
) -> None:
    # Mutation: `seen` with required=False, and `if seen and` in clean_seen
    before = (snapshot(paid), LineCancellation.objects.count())
    answer = staff.post(action_url(paid, "cancel-items"), cancellation_data(paid, 1, 0) | seen)
    assert "This page did not say what it showed you. Open it again." in answer.content.decode()
    assert (snapshot(paid), LineCancellation.objects.count()) == before


def test_item_cancellation_submitted_twice_cancels_once(staff: Client, paid: Order) -> None:
    data = cancellation_data(paid, 1, 0)
    submit(staff, action_url(paid, "cancel-items"), data)
    submit(staff, action_url(paid, "cancel-items"), data)
    assert LineCancellation.objects.get().quantity == 1


def test_shipment_form_limits_quantity_to_stock_on_hand(staff: Client, waiting: Order) -> None:
    page = staff.get(action_url(waiting, "ship")).content.decode()
    assert 'max="2"' in page
    assert "3 of 3 left to ship; 1 on backorder" in page
    assert "On backorder: 1 × Ladybird." in page
    before = snapshot(waiting)
    answer = staff.post(action_url(waiting, "ship"), shipment_data(waiting, 3))
    assert "less than or equal to 2" in answer.content.decode()
    assert snapshot(waiting) == before


def test_list_filters_backordered_orders(
    staff: Client, waiting: Order, order: Any, product: Any, stripe_double: Double
) -> None:
    other = order(product("Moth", stock=5))
    pay(order=other, confirmation_token=token(stripe_double))
    url = reverse("admin:order_order_changelist")

    def listed(query: str) -> list[str]:
        found = staff.get(f"{url}?task={query}").context["cl"].queryset
        return sorted(found.values_list("number", flat=True))

    assert listed("backordered") == [waiting.number]
    assert listed("to-ship") == sorted([waiting.number, other.number])
    put(0, waiting.lines.get().stockrecord)
    assert listed("to-ship") == [other.number]
    page = staff.get(order_url(waiting)).content.decode()
    assert "3 on backorder" in page


def test_payment_is_captured_early_with_customer_consent(
    staff: Client, charlie: User, paid: Order
) -> None:
    page = staff.get(action_url(paid, "capture")).content.decode()
    assert "$145.84 is captured now." in page
    staff.post(action_url(paid, "capture"), {"reason": "By telephone", "once": "t"})
    assert PaymentAttempt.objects.get().captured_cents == 14584
    assert Transaction.objects.get(type="capture").by == charlie
    page = staff.get(order_url(paid)).content.decode()
    assert "Payment captured before shipping: By telephone" in page
    assert "Capture payment" not in page
    assert not Message.objects.exists()
