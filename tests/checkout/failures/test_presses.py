"""The button is pressed more than once: by an impatient hand, in two tabs, by many people."""

from collections import Counter
from dataclasses import replace

import pytest

from catalog.partner import ledger
from catalog.partner.models import StockRecord
from checkout.basket.models import Line
from checkout.order.models import Order
from checkout.settlement.services import PAYMENT_IN_PROGRESS, PAYMENT_UNKNOWN
from tests.checkout.conftest import token
from tests.checkout.failures.scene import (
    CONFIRM,
    CREATE,
    DECLINED,
    NOTHING,
    PAY,
    PLACED,
    THANKS,
    WAITING,
    all_at_once,
    end,
    page,
    press,
    second_tab,
    while_stripe_thinks,
)
from tests.checkout.shopper import add_to_cart, checkout_form, hidden

TRY_AGAIN = "Nothing was charged. Please try again or use another card."
DECLINED_ONCE = replace(WAITING, charges=("declined 6716",))


@pytest.mark.promise("never-twice")
def test_six_pays_of_one_order_at_once_are_one_charge(buyer, form, stripe_double, needs_threads):
    # Mutation: each press made and stored an intent of its own, and three cards were charged.
    stripe_double.fault(CREATE, status=503, times=3)
    retry = press(buyer, form, stripe_double)["retry"]
    assert stripe_double.intents() == []
    tabs = [second_tab(buyer) for _ in range(6)]
    answers = all_at_once(*(lambda t=t: press(t, {}, stripe_double, path=retry) for t in tabs))
    outcomes = {answer["outcome"] for answer in answers}
    assert "placed" in outcomes
    assert outcomes <= {"placed", "unknown"}  # one that met another at work is asked to look there
    assert {answer.get("message", PAYMENT_IN_PROGRESS) for answer in answers} == {
        PAYMENT_IN_PROGRESS
    }
    assert end(stripe_double) == PLACED
    assert f"Order {Order.objects.get().number} is confirmed." in page(buyer, THANKS)


@pytest.mark.promise("once-only")
@pytest.mark.parametrize("tabs", [2, 6])
def test_two_tabs_with_the_same_cart_make_one_order_and_one_charge(
    buyer, form, stripe_double, needs_threads, tabs
):
    # Mutation: without select_for_update() in place_order(), the cart's other order failed
    # on the database's last guard, one_live_order_per_basket, and its tab with it.
    pages = [(tab, checkout_form(tab)) for tab in (second_tab(buyer) for _ in range(tabs))]
    answers = all_at_once(*(lambda t=t, f=f: press(t, f, stripe_double) for t, f in pages))
    assert answers == [{"outcome": "placed", "redirect": THANKS}] * tabs
    assert end(stripe_double) == PLACED
    number = Order.objects.get().number
    assert all(f"Order {number} is confirmed." in page(tab, THANKS) for tab, _ in pages)


@pytest.mark.promise("nothing-unseen")
def test_a_cart_changed_in_another_tab_is_shown_before_anything_is_charged(
    buyer, form, plane, stripe_double
):
    # Mutation: place_order() did not compare fingerprints, and charged 122.61 unseen.
    add_to_cart(second_tab(buyer), plane)
    answer = press(buyer, form, stripe_double)
    assert answer["outcome"] == "changed"
    assert answer["message"] == ("Your order has changed. Please check the new total.")
    assert answer["changes"] == [
        "Carbon Butterfly: the quantity is now 2 (was 1).",
        "Tax is now $12.05 (was $6.66).",
        "The total is now $121.55 (was $67.16).",
    ]  # fmt: skip
    assert end(stripe_double) == NOTHING

    agreed = form | {"fingerprint": hidden(answer["html"], "fingerprint")}
    assert press(buyer, agreed, stripe_double)["outcome"] == "placed"
    assert end(stripe_double) == replace(
        PLACED, books=(("authorize", 12155),), charges=("held 12155",), shelf=((10, 2),)
    )


@pytest.mark.promise("price-of-the-day")
def test_a_cart_changed_while_it_is_ordered_is_charged_as_it_was_seen_or_not_at_all(
    guest, plane, stripe_double, needs_threads
):
    # Mutation: without _lock() in add_product(), a piece went into an ordered cart.
    ends: Counter[str] = Counter()
    for _ in range(6):
        buyer = guest()
        form, tab = checkout_form(buyer), second_tab(buyer)
        answer, _ = all_at_once(
            lambda b=buyer, f=form: press(b, f, stripe_double), lambda t=tab: add_to_cart(t, plane)
        )
        ends[answer["outcome"]] += 1
    assert set(ends) <= {"placed", "changed"}
    for order in Order.objects.all():
        assert (order.status, order.lines.get().quantity) == ("placed", 1)
        assert Line.objects.get(basket=order.basket_id).quantity == 1
    assert {charge["amount"] for charge in stripe_double.charges()} <= {6716}
    assert len(stripe_double.charges()) == Order.objects.count() == ends["placed"]
    assert StockRecord.objects.get().num_allocated in (ends["placed"] or None, ends["placed"])


@pytest.mark.promise("stock-kept")
def test_twenty_buyers_of_the_last_piece_make_one_order_and_one_charge(
    guest, stripe_double, needs_threads
):
    # Mutation: reserve() asked what was free and then took it; the database's last guard,
    # never_oversold, held, and the others got an error page.
    buyers = [guest() for _ in range(20)]
    forms = [checkout_form(buyer) for buyer in buyers]
    ledger.count(StockRecord.objects.get().pk, 1, seen=10, by=None)
    answers = all_at_once(
        *(lambda b=b, f=f: press(b, f, stripe_double) for b, f in zip(buyers, forms, strict=True))
    )
    sold_out = "Carbon Butterfly has just sold out. Nothing was charged."
    assert Counter(answer["outcome"] for answer in answers) == {"placed": 1, "stopped": 19}
    assert {answer.get("message", sold_out) for answer in answers} == {sold_out}
    found = end(stripe_double)
    assert sorted(found.carts) == ["Open"] * 19 + ["Submitted"]
    assert replace(found, carts=()) == replace(PLACED, shelf=((1, 1),), carts=())
    loser = buyers[[answer["outcome"] for answer in answers].index("stopped")]
    assert sold_out in page(loser, "/cart/")


def test_after_a_decline_another_card_pays_the_same_order_once(buyer, form, stripe_double):
    # Mutation: each card got an intent of its own, and two intents stood at Stripe.
    answer = press(buyer, form, stripe_double, DECLINED)
    assert (answer["outcome"], answer["message"]) == (
        "declined", f"Your card has insufficient funds. {TRY_AGAIN}",
    )  # fmt: skip
    assert end(stripe_double) == DECLINED_ONCE
    assert Order.objects.get().attempts.get().unanswered == 0
    assert "not paid yet" in page(buyer, answer["retry"])

    assert press(buyer, {}, stripe_double, path=answer["retry"])["outcome"] == "placed"
    assert end(stripe_double) == replace(PLACED, charges=("declined 6716", "held 6716"))


def test_cards_beyond_stripes_limit_are_tried_on_another_payment_of_the_order(
    buyer, form, webhooks
):
    # Mutation: _on_cancelled() ended the order with its intent: cancelled, and the cart open.
    webhooks.limit_confirmations(2)
    retry = press(buyer, form, webhooks, DECLINED)["retry"]
    assert press(buyer, {}, webhooks, DECLINED, path=retry)["outcome"] == "declined"
    webhooks.wait_until_idle()
    declined = ("declined 6716",) * 2
    assert end(webhooks) == replace(
        WAITING, attempts=("cancelled", "open"), intents=("canceled",), charges=declined
    )
    assert "not paid yet" in page(buyer, retry)

    assert press(buyer, {}, webhooks, path=retry)["outcome"] == "placed"
    webhooks.wait_until_idle()
    assert end(webhooks) == replace(
        PLACED,
        attempts=("cancelled", "authorized"),
        intents=("canceled", "requires_capture"),
        charges=(*declined, "held 6716"),
    )


def test_a_decline_in_one_tab_says_nothing_of_money_while_another_card_is_under_way(
    buyer, form, stripe_double, needs_threads, settings
):
    # Mutation: payment_result() did not look at `unanswered`, and said "Nothing was charged".
    settings.STRIPE_TIMEOUT = 30
    retry = press(buyer, form, stripe_double, DECLINED)["retry"]
    tab = second_tab(buyer)
    slow, declined = while_stripe_thinks(
        stripe_double,
        CONFIRM,
        lambda: press(tab, {}, stripe_double, path=retry),
        lambda: press(buyer, {}, stripe_double, DECLINED, path=retry),
    )
    assert (declined["outcome"], declined["message"]) == ("unknown", PAYMENT_UNKNOWN)
    assert slow["outcome"] == "placed"
    assert end(stripe_double) == replace(PLACED, charges=("declined 6716",) * 2 + ("held 6716",))


def test_the_same_press_sent_again_by_the_browser_answers_the_same(buyer, form, stripe_double):
    # Mutation: pay_cart() looked for open carts only, and said that the page was out of date.
    card = form | {"confirmation_token": token(stripe_double)}
    answers = [buyer.post(PAY, card).json() for _ in range(3)]
    assert answers == [{"outcome": "placed", "redirect": THANKS}] * 3
    assert end(stripe_double) == PLACED
