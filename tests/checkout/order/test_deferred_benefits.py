"""Benefits that Oscar defers: given once, when the order is placed, with their message."""

from decimal import Decimal
from typing import Any

import pytest
from oscar.apps.offer.benefits import PercentageDiscountBenefit
from oscar.apps.offer.results import PostOrderAction

from checkout.offers.models import Benefit, Condition, ConditionalOffer, Range
from checkout.order.models import Order, OrderNote
from checkout.order.reservations import release
from checkout.payment.models import PaymentAlert, PaymentAttempt
from checkout.settlement.services import pay
from checkout.settlement.settle import settle
from tests.checkout.conftest import token
from tests.checkout.factories import make_offer, make_voucher
from tests.stripe_double.control import Double


class Points(Benefit):
    """A benefit as a shop may write one: a note about points on the order."""

    class Meta:
        proxy = True
        app_label = "tests"  # without migrations

    name = description = "10 points"

    def apply(self, basket: Any, condition: Any, offer: Any, **kwargs: Any) -> PostOrderAction:
        condition.consume_items(offer, basket, ())
        return PostOrderAction("You will get 10 points")

    def apply_deferred(self, basket: Any, order: Any, application: Any) -> str:
        if self.value == 13:
            raise ValueError("no such account")
        facts = f"{application['freq']} x {application['offer'].name}, basket {basket.pk}"
        OrderNote.objects.create(order=order, message=facts)
        return "10 points for you"


class DiscountAndPoints(PercentageDiscountBenefit):
    """A percentage, and points."""

    class Meta:
        proxy = True
        app_label = "tests"  # without migrations

    name = description = "10% and points"

    def apply_deferred(self, basket: Any, order: Any, application: Any) -> str:
        facts = (
            f"{application['freq']} x {application['discount']} by {application['voucher'].code}"
        )
        return f"{facts}, off the basket: {application['result'].affects_basket}"


@pytest.fixture
def points(shop: None) -> ConditionalOffer:
    """An offer that gives points after the order."""
    everything = Range.objects.create(name="Everything", includes_all_products=True)
    condition = Condition.objects.create(range=everything, type=Condition.COUNT, value=1)
    path = f"{Points.__module__}.{Points.__qualname__}"
    benefit = Benefit.objects.create(proxy_class=path, value=10)
    return ConditionalOffer.objects.create(name="Points", condition=condition, benefit=benefit)


def notes(order: Order) -> list[str]:
    return list(order.notes.order_by("pk").values_list("message", flat=True))


def test_deferred_benefit_is_given_once_when_the_order_is_placed(
    points: ConditionalOffer, order: Any, stripe_double: Double
):
    # Mutation: _place() without apply_deferred_benefits(): no points
    made = order()
    row = made.discounts.get()
    assert (row.category, row.amount, row.message, notes(made)) == ("Deferred", 0, "", [])
    pay(order=made, confirmation_token=token(stripe_double))
    given = [f"1 x Points, basket {made.basket_id}"]
    assert (made.discounts.get().message, notes(made)) == ("10 points for you", given)
    settle(PaymentAttempt.objects.get().pk)
    assert notes(made) == given
    points.refresh_from_db()
    assert (points.num_applications, points.num_orders) == (1, 1)


def test_unpaid_order_gives_no_deferred_benefit(points: Any, order: Any):
    # Mutation: given in place_order(): points for an order that was never paid
    made = order()
    release(made, reopen_basket=True)
    assert (made.discounts.get().message, notes(made)) == ("", [])


def test_failing_benefit_alerts_staff_and_the_order_is_placed(
    points: ConditionalOffer, order: Any, stripe_double: Double
):
    # Mutation: apply_deferred_benefits() without try: the paid order stayed pending
    Benefit.objects.update(value=13)
    made = order()
    pay(order=made, confirmation_token=token(stripe_double))
    assert Order.objects.get().status == "placed"
    failed = "The benefit of “Points” could not be given."
    assert (PaymentAlert.objects.get().text, notes(made)) == (failed, [failed])


def test_benefit_may_give_a_discount_and_points(
    shop: None, order: Any, cart: Any, product: Any, stripe_double: Double
):
    # Mutation: only discounts of the category Deferred: 5.00 off, and no points
    voucher = make_voucher("FLY", offer=make_offer("Ten off", offer_type="Voucher"))
    path = f"{DiscountAndPoints.__module__}.{DiscountAndPoints.__qualname__}"
    Benefit.objects.update(proxy_class=path)
    made = order(basket=cart(product(price="50.00"), vouchers=[voucher]))
    pay(order=made, confirmation_token=token(stripe_double))
    row = made.discounts.get()
    assert (row.category, row.amount) == ("Basket", Decimal("5.00"))
    assert row.message == "1 x 5.00 by FLY, off the basket: True"
