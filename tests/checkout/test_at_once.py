"""Several buyers, browsers and workers at the same moment, on real connections."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from catalog.partner.models import StockRecord
from checkout.basket.models import Basket
from checkout.basket.services import move_line, price_basket
from checkout.fulfilment import services
from checkout.order.errors import CartChanged
from checkout.order.locking import OrderActionError
from checkout.order.models import Order
from checkout.placement.services import place_order
from checkout.settlement.reconcile import reconcile
from checkout.settlement.services import Outcome, abandon, pay, settle
from tests.checkout.conftest import books, held, needs_postgres, quote_for, token
from tests.checkout.failures.scene import all_at_once
from tests.stripe_double.control import Double

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _engine(db: None) -> None:
    needs_postgres()


def _refusals(results: list[Any]) -> list[Any]:
    return [each for each in results if not isinstance(each, Order)]


def _place_all(baskets: list[Basket], details: Any) -> list[Any]:
    shown = [quote_for(basket, details).fingerprint for basket in baskets]
    pairs = zip(baskets, shown, strict=True)
    return all_at_once(
        *(lambda b=b, f=f: place_order(basket=b, details=details, fingerprint=f) for b, f in pairs)
    )


def test_carts_with_the_same_things_in_another_order_do_not_block_each_other(
    product: Any, cart: Any, details: Any
):
    one, two = product("One", stock=100), product("Two", stock=100)
    baskets = [cart(one, two) if place % 2 else cart(two, one) for place in range(12)]
    assert _refusals(_place_all(baskets, details)) == []
    assert list(StockRecord.objects.values_list("num_allocated", flat=True)) == [12, 12]


@pytest.fixture
def authorized(order: Any, product: Any, stripe_double: Double) -> Iterator[Order]:
    """The payment is authorized at Stripe, and we do not know yet."""
    made = order(product(stock=3))
    stripe_double.fault(r"GET /v1/payment_intents/", status=500, times=3)
    stripe_double.fault(r"POST .*/confirm$", lost=True, when="after", times=3)
    pay(order=made, confirmation_token=token(stripe_double))
    stripe_double.clear_faults()
    return made


def _paying_while(
    order: Order, double: Double, settings: Any, request: str, act: Callable[[], Any]
) -> Any:
    """Press "pay", and do something else while Stripe takes its time over a request of it."""
    settings.STRIPE_TIMEOUT = 30
    card = token(double)
    double.fault(request, stall=True)
    result: list[Any] = []
    buyer = threading.Thread(target=lambda: result.extend(all_at_once(lambda: _press(order, card))))
    buyer.start()
    try:
        double.wait_for_stalled()
        act()
    finally:
        double.release_stalled()
        buyer.join()
    return result[0]


def _press(order: Order, card: str) -> Outcome:
    return pay(order=Order.objects.get(pk=order.pk), confirmation_token=card).outcome


def test_an_order_given_up_while_its_intent_is_made_is_never_charged(
    order: Any, product: Any, stripe_double: Double, settings: Any
):
    made = order(product(stock=3))
    outcome = _paying_while(
        made, stripe_double, settings, r"POST /v1/payment_intents$", lambda: abandon(order=made)
    )
    assert outcome is Outcome.DECLINED
    assert (Order.objects.get().status, held(made), books(made)) == ("cancelled", 0, [])
    assert Basket.objects.get().status == "Open"
    assert [intent["status"] for intent in stripe_double.intents()] == ["requires_payment_method"]
    assert stripe_double.charges() == []


@pytest.mark.parametrize("by_staff", [True, False])
def test_an_order_ended_while_its_card_is_charged_is_never_charged(
    order: Any, product: Any, stripe_double: Double, settings: Any, by_staff: bool
):
    made = order(product(stock=3))

    def end() -> None:
        if by_staff:
            services.cancel_order(order=made, reason="x", by=None)
        else:
            abandon(order=made)

    outcome = _paying_while(made, stripe_double, settings, r"POST .*/confirm$", end)
    assert outcome is Outcome.DECLINED
    assert (Order.objects.get().status, held(made), books(made)) == ("cancelled", 0, [])
    assert [intent["status"] for intent in stripe_double.intents()] == ["canceled"]
    assert not [charge for charge in stripe_double.charges() if charge["paid"]]


def test_everything_at_the_same_moment_leaves_no_half(
    order: Any, product: Any, stripe_double: Double
):
    made = order(product(stock=3))
    attempt, cards = made.attempts.get().pk, [token(stripe_double) for _ in range(3)]
    results = all_at_once(
        *(lambda c=c: _press(made, c) for c in cards),
        lambda: abandon(order=Order.objects.get(pk=made.pk)),
        lambda: services.cancel_order(order=made, reason="x", by=None),
        lambda: settle(attempt),
        reconcile,
    )
    assert not [
        r for r in results if isinstance(r, Exception) and not isinstance(r, OrderActionError)
    ]
    settle(attempt)
    now = Order.objects.get()
    money = [intent["status"] for intent in stripe_double.intents()]
    if now.status == "placed":
        assert (money, held(now)) == (["requires_capture"], 1)
    else:
        assert (now.status, held(now), "requires_capture" in money) == ("cancelled", 0, False)


def test_a_double_click_on_keep_for_later_moves_the_pieces_once(product: Any, cart: Any):
    plane = product(stock=10)
    basket, kept = cart((plane, 3)), cart((plane, 1))
    Basket.objects.filter(pk=kept.pk).update(status=Basket.SAVED)
    line = basket.lines.get().pk

    def keep() -> Any:
        source, target = (Basket.objects.get(pk=each.pk) for each in (basket, kept))
        price_basket(source, None)
        return move_line(line_id=line, source=source, target=target, user=AnonymousUser())

    assert sorted(all_at_once(*[keep] * 4), key=str) == ["Butterfly", None, None, None]
    assert (kept.lines.get().quantity, basket.lines.count()) == (4, 0)


# --- Charged at checkout -------------------------------------------------------------------------


def test_the_last_piece_in_stock_is_sold_once_and_nobody_waits_for_more_unasked(
    product: Any, cart: Any, details: Any
):
    """More may be ordered, but a card cannot wait for it: all but one see that first."""
    # Mutation: judged before the stock was taken alone, all 8 were placed, 7 of them to wait
    # for weeks on an authorization of seven days.
    plane = product(stock=1, backorder=True)
    results = _place_all([cart(plane) for _ in range(8)], details)
    asked = _refusals(results)
    assert (len(asked), {type(each) for each in asked}) == (7, {CartChanged})
    assert all(each.quote.early_charge for each in asked)
    assert Order.objects.get().early_charge_text == ""
    assert StockRecord.objects.get().num_allocated == 1


def test_of_two_that_may_wait_a_few_days_both_are_taken(product: Any, cart: Any, details: Any):
    plane = product(stock=1, backorder=True, expected_on=timezone.localdate())
    assert _refusals(_place_all([cart(plane) for _ in range(6)], details)) == []
    assert StockRecord.objects.get().num_allocated == 6


def test_a_card_is_charged_once_though_everything_looks_at_once(
    order: Any, product: Any, stripe_double: Double
):
    made = order(product(stock=0, backorder=True), early_charge=True)
    stripe_double.fault(r"GET /v1/payment_intents/", status=500, times=3)
    pay(order=made, confirmation_token=token(stripe_double))
    stripe_double.clear_faults()
    assert books(made) == []
    attempt = made.attempts.get().pk
    results = all_at_once(*(lambda: settle(attempt) for _ in range(5)), reconcile, reconcile)
    assert not [each for each in results if isinstance(each, Exception)]
    assert books(made) == [("authorize", 6821), ("capture", 6821)]
    assert [intent["amount_received"] for intent in stripe_double.intents()] == [6821]


def test_charging_and_cancelling_at_once_leaves_no_money(
    order: Any, product: Any, stripe_double: Double
):
    made = order(product(stock=0, backorder=True), early_charge=True)
    stripe_double.fault(r"/capture$", status=503, times=3)
    pay(order=made, confirmation_token=token(stripe_double))
    stripe_double.clear_faults()
    assert books(made) == [("authorize", 6821)]
    attempt = made.attempts.get().pk
    results = all_at_once(
        lambda: services.cancel_order(order=made, reason="x", by=None),
        lambda: settle(attempt),
        reconcile,
        lambda: services.cancel_order(order=made, reason="x", by=None),
    )
    assert not [each for each in results if isinstance(each, Exception)]
    assert Order.objects.get().status == "cancelled"
    kept = sum(cents for kind, cents in books(made) if kind == "capture")
    back = sum(cents for kind, cents in books(made) if kind == "refund")
    assert kept - back == 0
    assert kept or ("void", 6821) in books(made)
