"""Concurrent buyers, browsers and workers, on real connections."""

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
from tests.checkout.conftest import allocated, needs_postgres, quote_for, token, transactions
from tests.concurrency import run_concurrently
from tests.stripe_double.control import Double

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _engine(db: None) -> None:
    needs_postgres()


def _rejections(results: list[Any]) -> list[Any]:
    return [each for each in results if not isinstance(each, Order)]


def _place_all(baskets: list[Basket], details: Any) -> list[Any]:
    shown = [quote_for(basket, details).fingerprint for basket in baskets]
    pairs = zip(baskets, shown, strict=True)
    return run_concurrently(
        *(lambda b=b, f=f: place_order(basket=b, details=details, fingerprint=f) for b, f in pairs)
    )


def test_carts_with_the_same_products_do_not_deadlock(product: Any, cart: Any, details: Any):
    one, two = product("One", stock=100), product("Two", stock=100)
    baskets = [cart(one, two) if place % 2 else cart(two, one) for place in range(12)]
    assert _rejections(_place_all(baskets, details)) == []
    assert list(StockRecord.objects.values_list("num_allocated", flat=True)) == [12, 12]


@pytest.fixture
def authorized(order: Any, product: Any, stripe_double: Double) -> Iterator[Order]:
    """An order that is authorized at Stripe, and still pending here."""
    made = order(product(stock=3))
    stripe_double.fault(r"GET /v1/payment_intents/", status=500, times=3)
    stripe_double.fault(r"POST .*/confirm$", lost=True, when="after", times=3)
    pay(order=made, confirmation_token=token(stripe_double))
    stripe_double.clear_faults()
    return made


def _pay_during(
    order: Order, double: Double, settings: Any, request: str, act: Callable[[], Any]
) -> Any:
    """Press Pay, and do something else while Stripe delays a request."""
    settings.STRIPE_TIMEOUT = 30
    card = token(double)
    double.fault(request, stall=True)
    result: list[Any] = []
    buyer = threading.Thread(
        target=lambda: result.extend(run_concurrently(lambda: _pay(order, card)))
    )
    buyer.start()
    try:
        double.wait_for_stalled()
        act()
    finally:
        double.release_stalled()
        buyer.join()
    return result[0]


def _pay(order: Order, card: str) -> Outcome:
    return pay(order=Order.objects.get(pk=order.pk), confirmation_token=card).outcome


def test_order_cancelled_during_create_is_never_charged(
    order: Any, product: Any, stripe_double: Double, settings: Any
):
    made = order(product(stock=3))
    outcome = _pay_during(
        made, stripe_double, settings, r"POST /v1/payment_intents$", lambda: abandon(order=made)
    )
    assert outcome is Outcome.DECLINED
    assert (Order.objects.get().status, allocated(made), transactions(made)) == ("cancelled", 0, [])
    assert Basket.objects.get().status == "Open"
    assert [intent["status"] for intent in stripe_double.intents()] == ["requires_payment_method"]
    assert stripe_double.charges() == []


@pytest.mark.parametrize("by_staff", [True, False])
def test_order_cancelled_during_confirm_is_never_charged(
    order: Any, product: Any, stripe_double: Double, settings: Any, by_staff: bool
):
    made = order(product(stock=3))

    def end() -> None:
        if by_staff:
            services.cancel_order(order=made, reason="x", by=None)
        else:
            abandon(order=made)

    outcome = _pay_during(made, stripe_double, settings, r"POST .*/confirm$", end)
    assert outcome is Outcome.DECLINED
    assert (Order.objects.get().status, allocated(made), transactions(made)) == ("cancelled", 0, [])
    assert [intent["status"] for intent in stripe_double.intents()] == ["canceled"]
    assert not [charge for charge in stripe_double.charges() if charge["paid"]]


def test_concurrent_actions_on_one_order_are_consistent(
    order: Any, product: Any, stripe_double: Double
):
    made = order(product(stock=3))
    attempt, cards = made.attempts.get().pk, [token(stripe_double) for _ in range(3)]
    results = run_concurrently(
        *(lambda c=c: _pay(made, c) for c in cards),
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
        assert (money, allocated(now)) == (["requires_capture"], 1)
    else:
        assert (now.status, allocated(now), "requires_capture" in money) == ("cancelled", 0, False)


def test_double_click_on_save_for_later_moves_the_line_once(product: Any, cart: Any):
    plane = product(stock=10)
    basket, saved = cart((plane, 3)), cart((plane, 1))
    Basket.objects.filter(pk=saved.pk).update(status=Basket.SAVED)
    line = basket.lines.get().pk

    def save() -> Any:
        source, target = (Basket.objects.get(pk=each.pk) for each in (basket, saved))
        price_basket(source, None)
        return move_line(line_id=line, source=source, target=target, user=AnonymousUser())

    assert sorted(run_concurrently(*[save] * 4), key=str) == ["Butterfly", None, None, None]
    assert (saved.lines.get().quantity, basket.lines.count()) == (4, 0)


# --- Charged at checkout -------------------------------------------------------------------------


def test_last_unit_is_sold_once_and_others_must_accept_the_backorder(
    product: Any, cart: Any, details: Any
):
    """Backorders are possible, but one needs an early charge: all but one must accept it."""
    # Mutation: checked before the stock was taken only, all 8 were placed, 7 of them to wait
    # for weeks on an authorization of seven days
    plane = product(stock=1, backorder=True)
    results = _place_all([cart(plane) for _ in range(8)], details)
    rejected = _rejections(results)
    assert (len(rejected), {type(each) for each in rejected}) == (7, {CartChanged})
    assert all(each.quote.early_charge for each in rejected)
    assert Order.objects.get().early_charge_text == ""
    assert StockRecord.objects.get().num_allocated == 1


def test_short_backorders_are_all_accepted(product: Any, cart: Any, details: Any):
    plane = product(stock=1, backorder=True, expected_on=timezone.localdate())
    assert _rejections(_place_all([cart(plane) for _ in range(6)], details)) == []
    assert StockRecord.objects.get().num_allocated == 6


def test_concurrent_settling_captures_once(order: Any, product: Any, stripe_double: Double):
    made = order(product(stock=0, backorder=True), early_charge=True)
    stripe_double.fault(r"GET /v1/payment_intents/", status=500, times=3)
    pay(order=made, confirmation_token=token(stripe_double))
    stripe_double.clear_faults()
    assert transactions(made) == []
    attempt = made.attempts.get().pk
    results = run_concurrently(*(lambda: settle(attempt) for _ in range(5)), reconcile, reconcile)
    assert not [each for each in results if isinstance(each, Exception)]
    assert transactions(made) == [("authorize", 6821), ("capture", 6821)]
    assert [intent["amount_received"] for intent in stripe_double.intents()] == [6821]


def test_concurrent_capture_and_cancellation_keep_no_money(
    order: Any, product: Any, stripe_double: Double
):
    made = order(product(stock=0, backorder=True), early_charge=True)
    stripe_double.fault(r"/capture$", status=503, times=3)
    pay(order=made, confirmation_token=token(stripe_double))
    stripe_double.clear_faults()
    assert transactions(made) == [("authorize", 6821)]
    attempt = made.attempts.get().pk
    results = run_concurrently(
        lambda: services.cancel_order(order=made, reason="x", by=None),
        lambda: settle(attempt),
        reconcile,
        lambda: services.cancel_order(order=made, reason="x", by=None),
    )
    assert not [each for each in results if isinstance(each, Exception)]
    assert Order.objects.get().status == "cancelled"
    captured = sum(cents for kind, cents in transactions(made) if kind == "capture")
    refunded = sum(cents for kind, cents in transactions(made) if kind == "refund")
    assert captured - refunded == 0
    assert captured or ("void", 6821) in transactions(made)
