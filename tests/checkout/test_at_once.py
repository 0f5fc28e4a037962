"""Several buyers, browsers and workers at the same moment, on real connections."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.utils import timezone
from oscar.apps.voucher.models import Voucher

from accounts.mail.models import Message
from catalog.partner.models import StockRecord
from checkout import errors
from checkout.basket.models import Basket
from checkout.basket.services import move_line
from checkout.offers.models import Benefit, Condition, ConditionalOffer, Range
from checkout.order import services
from checkout.order.desk import DeskError
from checkout.order.models import Order
from checkout.order.utils import price_afresh
from checkout.payment.models import StripeEvent
from checkout.payment.reconcile import expire_orders, reconcile
from checkout.payment.services import Outcome, abandon, pay, settle
from checkout.place import place_order
from tests.checkout.conftest import books, held, needs_postgres, quote_for, token
from tests.checkout.test_webhook import HELD, deliver, event_of
from tests.stripe_double.control import Double

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _engine(db: None) -> None:
    needs_postgres()


def all_at_once(*jobs: Callable[[], Any]) -> list[Any]:
    """Run the jobs in threads that start together; return results, or what was raised."""
    results: list[Any] = [None] * len(jobs)
    start = threading.Barrier(len(jobs))

    def run(place: int) -> None:
        start.wait()
        try:
            results[place] = jobs[place]()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def buy(basket: Basket, details: Any, shown: str, card: str) -> Outcome:
    """What the pay button does."""
    mine = Basket.objects.get(pk=basket.pk)
    made = place_order(basket=mine, details=details, fingerprint=shown)
    return pay(order=made, confirmation_token=card).outcome


def test_twenty_buyers_of_the_last_piece_make_one_order_and_one_charge(
    product: Any, cart: Any, details: Any, stripe_double: Double
):
    plane = product(stock=1)
    baskets = [cart(plane) for _ in range(20)]
    shown = quote_for(baskets[0], details).fingerprint
    cards = [token(stripe_double) for _ in baskets]
    results = all_at_once(
        *(lambda b=b, c=c: buy(b, details, shown, c) for b, c in zip(baskets, cards, strict=True))
    )
    sold_out = [each for each in results if isinstance(each, errors.OutOfStock)]
    assert (results.count(Outcome.PLACED), len(sold_out)) == (1, 19)
    assert {str(each) for each in sold_out} == {"Butterfly has just sold out. Nothing was charged."}
    assert Order.objects.get().status == "placed"
    assert len(stripe_double.intents()) == len(stripe_double.charges()) == 1
    record = StockRecord.objects.get()
    assert (record.num_in_stock, record.num_allocated) == (1, 1)
    assert Basket.objects.filter(status="Open").count() == 19


def test_a_double_click_is_one_order_and_one_charge(
    product: Any, cart: Any, details: Any, stripe_double: Double
):
    basket = cart(product(stock=10))
    shown, card = quote_for(basket, details).fingerprint, token(stripe_double)
    results = all_at_once(*[lambda: buy(basket, details, shown, card)] * 8)
    assert Counter(results) == {Outcome.PLACED: 8}
    order = Order.objects.get()
    assert (order.status, held(order), books(order)) == ("placed", 1, [("authorise", 6821)])
    assert len(stripe_double.intents()) == len(stripe_double.charges()) == 1
    assert Message.objects.filter(kind="order-received").count() == 1
    assert order.status_changes.count() == 1


def test_a_double_click_with_two_cards_is_one_charge(
    product: Any, cart: Any, details: Any, stripe_double: Double
):
    basket = cart(product(stock=10))
    shown = quote_for(basket, details).fingerprint
    cards = [token(stripe_double) for _ in range(4)]
    all_at_once(*(lambda c=c: buy(basket, details, shown, c) for c in cards))
    assert Order.objects.get().status == "placed"
    assert len([c for c in stripe_double.charges() if c["paid"]]) == 1


def _offer(name: str, **more: Any) -> ConditionalOffer:
    goods = Range.objects.create(name=name, includes_all_products=True)
    condition = Condition.objects.create(range=goods, type="Count", value=1)
    benefit = Benefit.objects.create(range=goods, type="Percentage", value=10)
    return ConditionalOffer.objects.create(name=name, condition=condition, benefit=benefit, **more)


@pytest.fixture
def single_use(db: None) -> Voucher:
    """A voucher for one order."""
    now = timezone.now()
    made = Voucher.objects.create(
        name="Once", code="ONCE", usage=Voucher.SINGLE_USE,
        start_datetime=now - timezone.timedelta(days=1),
        end_datetime=now + timezone.timedelta(days=1),
    )  # fmt: skip
    made.offers.add(_offer("Voucher", offer_type="Voucher"))
    return made


def _refusals(results: list[Any]) -> list[Any]:
    return [each for each in results if not isinstance(each, Order)]


def _place_all(baskets: list[Basket], details: Any) -> list[Any]:
    shown = [quote_for(basket, details).fingerprint for basket in baskets]
    pairs = zip(baskets, shown, strict=True)
    return all_at_once(
        *(lambda b=b, f=f: place_order(basket=b, details=details, fingerprint=f) for b, f in pairs)
    )


def test_a_single_use_voucher_serves_one_of_five_buyers(
    single_use: Voucher, product: Any, cart: Any, details: Any
):
    plane = product(stock=10)
    refused = _refusals(_place_all([cart(plane, vouchers=[single_use]) for _ in range(5)], details))
    assert len(refused) == 4
    assert all(isinstance(each, errors.OfferUsedUp | errors.CartChanged) for each in refused)
    assert single_use.applications.count() == Order.objects.count() == 1
    assert StockRecord.objects.get().num_allocated == 1


def test_an_offer_with_one_use_left_serves_one_of_five_buyers(
    product: Any, cart: Any, details: Any
):
    offer, plane = _offer("Once", max_global_applications=1), product(stock=10)
    refused = _refusals(_place_all([cart(plane) for _ in range(5)], details))
    assert len(refused) == 4
    assert all(isinstance(each, errors.OfferUsedUp | errors.CartChanged) for each in refused)
    offer.refresh_from_db()
    assert (offer.num_applications, offer.status, Order.objects.count()) == (1, "Consumed", 1)


def test_carts_with_the_same_things_in_another_order_do_not_block_each_other(
    product: Any, cart: Any, details: Any
):
    one, two = product("One", stock=100), product("Two", stock=100)
    baskets = [cart(one, two) if place % 2 else cart(two, one) for place in range(12)]
    assert _refusals(_place_all(baskets, details)) == []
    assert list(StockRecord.objects.values_list("num_allocated", flat=True)) == [12, 12]


@pytest.fixture
def authorised(order: Any, product: Any, stripe_double: Double) -> Iterator[Order]:
    """Money is held at Stripe, and nobody has told us."""
    made = order(product(stock=3))
    stripe_double.fault(r"GET /v1/payment_intents/", status=500, times=3)
    stripe_double.fault(r"POST .*/confirm$", lost=True, when="after", times=3)
    pay(order=made, confirmation_token=token(stripe_double))
    stripe_double.clear_faults()
    return made


def test_browser_webhook_and_job_together_place_the_order_once(
    authorised: Order, stripe_double: Double
):
    attempt, body = authorised.attempts.get().pk, event_of(stripe_double, HELD)
    results = all_at_once(
        *[lambda: settle(attempt).status] * 4,
        *[lambda: deliver(Client(), body).status_code] * 4,
    )
    assert results == ["placed"] * 4 + [204] * 4
    assert authorised.status_changes.count() == 1
    assert books(authorised) == [("authorise", 6821)]
    assert Message.objects.filter(kind="order-received").count() == 1
    assert StripeEvent.objects.get().settled_at is not None


def test_expiry_and_payment_at_the_same_moment_leave_no_half(
    order: Any, product: Any, stripe_double: Double
):
    made = order(product(stock=3))
    made.attempts.update(expires_at=timezone.now() - timezone.timedelta(seconds=1))
    card = token(stripe_double)
    all_at_once(lambda: pay(order=made, confirmation_token=card), expire_orders, expire_orders)
    settle(made.attempts.get().pk)
    now = Order.objects.get(pk=made.pk)
    money = [intent["status"] for intent in stripe_double.intents()]
    if now.status == "placed":
        assert (money, held(now)) == (["requires_capture"], 1)
    else:
        assert (now.status, held(now)) == ("expired", 0)
        assert "requires_capture" not in money


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
    assert not [r for r in results if isinstance(r, Exception) and not isinstance(r, DeskError)]
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
        price_afresh(source, None)
        return move_line(line_id=line, source=source, target=target, user=AnonymousUser())

    assert sorted(all_at_once(*[keep] * 4), key=str) == ["Butterfly", None, None, None]
    assert (kept.lines.get().quantity, basket.lines.count()) == (4, 0)
