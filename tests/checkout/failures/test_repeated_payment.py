"""Pay is pressed more than once: twice by one shopper, in two tabs, by many buyers."""

from collections import Counter
from dataclasses import replace

import pytest

from catalog.partner import ledger
from catalog.partner.models import StockRecord
from checkout.basket.models import Line
from checkout.order.models import Order
from checkout.settlement.services import PAYMENT_IN_PROGRESS, PAYMENT_UNKNOWN
from tests.checkout.conftest import token
from tests.checkout.failures.scenario import (
    CONFIRM,
    CREATE,
    NO_ORDER,
    PAY,
    PENDING,
    PLACED,
    THANK_YOU,
    during_stripe_request,
    page_text,
    press_pay,
    second_tab,
    snapshot,
)
from tests.checkout.payments import DECLINED
from tests.checkout.shopper import add_to_cart, checkout_form, hidden
from tests.concurrency import run_concurrently

TRY_AGAIN = "Nothing was charged. Please try again or use another card."
DECLINED_ONCE = replace(PENDING, charges=("declined 6716",))


@pytest.mark.promise("never-twice")
def test_concurrent_payments_of_one_order_charge_once(buyer, form, stripe_double, postgres_only):
    # Mutation: each press created and stored an intent, and three cards were charged
    stripe_double.fault(CREATE, status=503, times=3)
    retry = press_pay(buyer, form, stripe_double)["retry"]
    assert stripe_double.intents() == []
    tabs = [second_tab(buyer) for _ in range(6)]
    responses = run_concurrently(
        *(lambda t=t: press_pay(t, {}, stripe_double, path=retry) for t in tabs)
    )
    outcomes = {response["outcome"] for response in responses}
    assert "placed" in outcomes
    assert outcomes <= {"placed", "unknown"}  # "unknown" if another was in progress
    assert {response.get("message", PAYMENT_IN_PROGRESS) for response in responses} == {
        PAYMENT_IN_PROGRESS
    }
    assert snapshot(stripe_double) == PLACED
    assert f"Order {Order.objects.get().number} is confirmed." in page_text(buyer, THANK_YOU)


@pytest.mark.promise("once-only")
@pytest.mark.parametrize("tabs", [2, 6])
def test_tabs_with_the_same_cart_place_one_order(buyer, form, stripe_double, postgres_only, tabs):
    # Mutation: without select_for_update() in place_order(), the cart's other order violated
    # the constraint one_live_order_per_basket, and its tab got an error page
    pages = [(tab, checkout_form(tab)) for tab in (second_tab(buyer) for _ in range(tabs))]
    responses = run_concurrently(
        *(lambda t=t, f=f: press_pay(t, f, stripe_double) for t, f in pages)
    )
    assert responses == [{"outcome": "placed", "redirect": THANK_YOU}] * tabs
    assert snapshot(stripe_double) == PLACED
    number = Order.objects.get().number
    assert all(f"Order {number} is confirmed." in page_text(tab, THANK_YOU) for tab, _ in pages)


@pytest.mark.promise("nothing-unseen")
def test_cart_changed_in_another_tab_is_shown_before_the_charge(buyer, form, plane, stripe_double):
    # Mutation: place_order() did not compare fingerprints, and charged 122.61 unseen
    add_to_cart(second_tab(buyer), plane)
    response = press_pay(buyer, form, stripe_double)
    assert response["outcome"] == "changed"
    assert response["message"] == ("Your order has changed. Please check the new total.")
    assert response["changes"] == [
        "Carbon Butterfly: the quantity is now 2 (was 1).",
        "Tax is now $12.05 (was $6.66).",
        "The total is now $121.55 (was $67.16).",
    ]  # fmt: skip
    assert snapshot(stripe_double) == NO_ORDER

    agreed = form | {"fingerprint": hidden(response["html"], "fingerprint")}
    assert press_pay(buyer, agreed, stripe_double)["outcome"] == "placed"
    assert snapshot(stripe_double) == replace(
        PLACED,
        transactions=(("authorize", 12155),),
        charges=("authorized 12155",),
        stock=((10, 2),),
    )


@pytest.mark.promise("price-of-the-day")
def test_cart_changed_during_payment_is_charged_as_shown_or_not_at_all(
    guest, plane, stripe_double, postgres_only
):
    # Mutation: without _lock() in add_product(), a unit was added to an ordered cart
    ends: Counter[str] = Counter()
    for _ in range(6):
        buyer = guest()
        form, tab = checkout_form(buyer), second_tab(buyer)
        response, _ = run_concurrently(
            lambda b=buyer, f=form: press_pay(b, f, stripe_double),
            lambda t=tab: add_to_cart(t, plane),
        )
        ends[response["outcome"]] += 1
    assert set(ends) <= {"placed", "changed"}
    for order in Order.objects.all():
        assert (order.status, order.lines.get().quantity) == ("placed", 1)
        assert Line.objects.get(basket=order.basket_id).quantity == 1
    assert {charge["amount"] for charge in stripe_double.charges()} <= {6716}
    assert len(stripe_double.charges()) == Order.objects.count() == ends["placed"]
    assert StockRecord.objects.get().num_allocated in (ends["placed"] or None, ends["placed"])


@pytest.mark.promise("stock-kept")
def test_last_unit_is_sold_to_one_of_twenty_buyers(guest, stripe_double, postgres_only):
    # Mutation: reserve() read what was available and then took it; the constraint
    # never_oversold held, and the others got an error page
    buyers = [guest() for _ in range(20)]
    forms = [checkout_form(buyer) for buyer in buyers]
    ledger.count(StockRecord.objects.get().pk, 1, seen=10, by=None)
    responses = run_concurrently(
        *(
            lambda b=b, f=f: press_pay(b, f, stripe_double)
            for b, f in zip(buyers, forms, strict=True)
        )
    )
    sold_out = "Carbon Butterfly has just sold out. Nothing was charged."
    assert Counter(response["outcome"] for response in responses) == {"placed": 1, "stopped": 19}
    assert {response.get("message", sold_out) for response in responses} == {sold_out}
    found = snapshot(stripe_double)
    assert sorted(found.carts) == ["Open"] * 19 + ["Submitted"]
    assert replace(found, carts=()) == replace(PLACED, stock=((1, 1),), carts=())
    loser = buyers[[response["outcome"] for response in responses].index("stopped")]
    assert sold_out in page_text(loser, "/cart/")


def test_another_card_pays_the_order_after_a_decline(buyer, form, stripe_double):
    # Mutation: each card got its own intent, and two intents were left at Stripe
    response = press_pay(buyer, form, stripe_double, DECLINED)
    assert (response["outcome"], response["message"]) == (
        "declined", f"Your card has insufficient funds. {TRY_AGAIN}",
    )  # fmt: skip
    assert snapshot(stripe_double) == DECLINED_ONCE
    assert Order.objects.get().attempts.get().unanswered == 0
    assert "not paid yet" in page_text(buyer, response["retry"])

    assert press_pay(buyer, {}, stripe_double, path=response["retry"])["outcome"] == "placed"
    assert snapshot(stripe_double) == replace(PLACED, charges=("declined 6716", "authorized 6716"))


def test_cards_beyond_the_confirmation_limit_use_another_intent(buyer, form, webhooks):
    # Mutation: _on_cancelled() cancelled the order with its intent, and reopened the cart
    webhooks.limit_confirmations(2)
    retry = press_pay(buyer, form, webhooks, DECLINED)["retry"]
    assert press_pay(buyer, {}, webhooks, DECLINED, path=retry)["outcome"] == "declined"
    webhooks.wait_until_idle()
    declined = ("declined 6716",) * 2
    assert snapshot(webhooks) == replace(
        PENDING, attempts=("cancelled", "open"), intents=("canceled",), charges=declined
    )
    assert "not paid yet" in page_text(buyer, retry)

    assert press_pay(buyer, {}, webhooks, path=retry)["outcome"] == "placed"
    webhooks.wait_until_idle()
    assert snapshot(webhooks) == replace(
        PLACED,
        attempts=("cancelled", "authorized"),
        intents=("canceled", "requires_capture"),
        charges=(*declined, "authorized 6716"),
    )


def test_decline_during_another_payment_is_reported_as_unknown(
    buyer, form, stripe_double, postgres_only, settings
):
    # Mutation: payment_result() ignored `unanswered`, and said "Nothing was charged"
    settings.STRIPE_TIMEOUT = 30
    retry = press_pay(buyer, form, stripe_double, DECLINED)["retry"]
    tab = second_tab(buyer)
    slow, declined = during_stripe_request(
        stripe_double,
        CONFIRM,
        lambda: press_pay(tab, {}, stripe_double, path=retry),
        lambda: press_pay(buyer, {}, stripe_double, DECLINED, path=retry),
    )
    assert (declined["outcome"], declined["message"]) == ("unknown", PAYMENT_UNKNOWN)
    assert slow["outcome"] == "placed"
    assert snapshot(stripe_double) == replace(
        PLACED, charges=("declined 6716",) * 2 + ("authorized 6716",)
    )


def test_repeated_payment_request_gets_the_same_response(buyer, form, stripe_double):
    # Mutation: pay_cart() looked for open carts only, and said that the page was out of date
    card = form | {"confirmation_token": token(stripe_double)}
    responses = [buyer.post(PAY, card).json() for _ in range(3)]
    assert responses == [{"outcome": "placed", "redirect": THANK_YOU}] * 3
    assert snapshot(stripe_double) == PLACED
