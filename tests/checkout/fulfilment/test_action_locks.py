"""Concurrent actions on one order."""

from typing import Any

import pytest

from accounts.mail.models import Message
from checkout.fulfilment.partial_cancellation import cancel_items
from checkout.fulfilment.services import cancel_order
from checkout.fulfilment.shipments import create_shipment
from checkout.order.locking import OrderActionError
from checkout.order.models import Order, ShippingEvent
from checkout.payment import stripe_gateway as gateway
from checkout.settlement.services import pay
from tests.checkout.conftest import needs_postgres, token, transactions
from tests.concurrency import run_concurrently
from tests.stripe_double.control import Double


def ship(order: Order, number: str, units: int = 1) -> ShippingEvent:
    return create_shipment(
        order=order, quantities={order.lines.get().pk: units}, carrier="UPS",
        tracking_number=number, by=None,
    )  # fmt: skip


def uncounted(order: Any, cart: Any, product: Any, double: Double, units: int) -> Order:
    """A paid order of a product whose stock is not tracked, so stock prevents no shipment."""
    plane = product(stock=10)
    type(plane.product_class).objects.update(track_stock=False)
    plane.refresh_from_db()
    made = order(basket=cart((plane, units)))
    pay(order=made, confirmation_token=token(double))
    return Order.objects.get(pk=made.pk)


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_six_concurrent_shipments_ship_the_last_unit_once(
    order: Any, cart: Any, product: Any, stripe_double: Double
):
    # Mutation: without select_for_update in lock_order there were several shipments.
    needs_postgres()
    made = uncounted(order, cart, product, stripe_double, 1)
    results = run_concurrently(*(lambda n=n: ship(made, f"CP{n}") for n in range(6)))
    refused = [each for each in results if isinstance(each, OrderActionError)]
    assert [str(each) for each in refused] == ["An order that is shipped cannot be shipped."] * 5
    assert ShippingEvent.objects.count() == 1
    assert transactions(made) == [("authorize", 6821), ("capture", 6821)]
    assert Message.objects.filter(email_type="shipment-sent").count() == 1


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_unit_is_shipped_or_cancelled_but_not_both(
    order: Any, cart: Any, product: Any, stripe_double: Double
):
    needs_postgres()
    made = uncounted(order, cart, product, stripe_double, 2)
    line = made.lines.get().pk
    run_concurrently(
        lambda: ship(made, "CP1", 2),
        lambda: cancel_items(order=made, quantities={line: 1}, reason="Broken", by=None),
    )
    (now,) = made.lines.all()
    sent = sum(each.quantity for each in now.shipping_event_quantities.all())
    assert (sent, now.cancelled, Order.objects.get(pk=made.pk).status) in {
        (2, 0, "shipped"), (0, 1, "placed"),
    }  # fmt: skip


def test_stripe_timeout_is_shorter_under_the_lock(
    order: Any, cart: Any, product: Any, stripe_double: Double, settings: Any
):
    made = uncounted(order, cart, product, stripe_double, 1)
    settings.STRIPE_TIMEOUT, settings.STRIPE_LOCK_TIMEOUT = 60, 1
    stripe_double.fault(r"/cancel$", stall=True, times=3)
    with pytest.raises(OrderActionError, match="Stripe did not respond. Nothing was recorded"):
        cancel_order(order=made, reason="Sold out", by=None)
    stripe_double.clear_faults()
    assert Order.objects.get(pk=made.pk).status == "placed"
    cancel_order(order=made, reason="Sold out", by=None)
    assert Order.objects.get(pk=made.pk).status == "cancelled"


def test_shorter_timeout_applies_only_under_the_lock(settings: Any):
    settings.STRIPE_TIMEOUT, settings.STRIPE_LOCK_TIMEOUT = 20, 6
    settings.STRIPE_SECRET_KEY = "sk_test_demo"
    outside = gateway._stripe()
    with gateway.under_lock():
        inside = gateway._stripe()
        assert inside is not outside
        assert gateway._client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, 6) is inside
    assert gateway._stripe() is outside
