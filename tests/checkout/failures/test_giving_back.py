"""Money on its way back: asked for twice, by several at once, here and at Stripe."""

from dataclasses import replace

import pytest
from django.db import connection

from checkout.audit.services import run_audit
from checkout.fulfilment.capture import capture_payment_early
from checkout.fulfilment.partial_cancellation import cancel_items
from checkout.order.locking import OrderActionError
from checkout.order.models import Order
from checkout.payment.models import Transaction
from checkout.settlement.reconcile import reconcile
from tests.checkout.failures.aftermath import send_mail
from tests.checkout.failures.desk import (
    REFUND,
    SHIPPED,
    refund,
    ship,
    while_stripe_thinks_somebody_waits,
)
from tests.checkout.failures.scene import End, all_at_once, end, press, while_stripe_thinks
from tests.checkout.shopper import checkout_form

pytestmark = pytest.mark.usefixtures("needs_threads")


@pytest.fixture
def shipped(sold, webhooks):
    ship(sold)
    webhooks.wait_until_idle()
    assert end(webhooks) == SHIPPED
    return sold


def given_back(*cents: int) -> End:
    return replace(
        SHIPPED,
        books=(*SHIPPED.books, *(("refund", each) for each in cents)),
        charges=(f"taken 6716 returned {sum(cents)}",),
        mails=SHIPPED.mails + ("order-refunded",) * len(cents),
    )


def is_clean() -> None:
    send_mail()
    assert run_audit().last_line == "audit: 0 breaches"


def test_desks_that_refund_at_once_never_give_back_more_than_was_taken(shipped, webhooks):
    # Mutation: _check_amount() let every sum through: it came to Stripe's refusal, not to our
    # words.
    results = all_at_once(*[lambda n=n: refund(shipped, 4000 + n) for n in range(6)])
    [made] = [each for each in results if not isinstance(each, OrderActionError)]
    webhooks.wait_until_idle()
    assert end(webhooks) == given_back(made.amount_cents)
    left = 6716 - made.amount_cents
    for cents in (left + 1, 0, -1):
        with pytest.raises(OrderActionError, match=rf"between \$0.01 and \${left / 100:.2f}"):
            refund(shipped, cents)
    assert end(webhooks) == given_back(made.amount_cents)
    refund(shipped, left)
    webhooks.wait_until_idle()
    assert end(webhooks) == given_back(made.amount_cents, left)
    is_clean()


def test_desks_that_ask_for_the_same_refund_at_once_make_it_once(shipped, webhooks):
    # Mutation: without _look_for_lost_refunds() the second desk gave back 10.00 as well; without
    # the row lock in lock_order() nobody waited for the first.
    first, second = while_stripe_thinks_somebody_waits(
        webhooks, REFUND, lambda: refund(shipped, 1000), lambda: refund(shipped, 1000)
    )
    assert isinstance(first, Transaction)
    assert isinstance(second, OrderActionError)
    assert str(second).startswith("$10.00 had already been refunded")
    webhooks.wait_until_idle()
    assert end(webhooks) == given_back(1000)
    is_clean()


def test_of_desks_that_saw_the_same_sum_left_one_refunds_and_the_others_look_again(
    shipped, webhooks
):
    # Mutation: with the sum compared before the order's lock, five of six had their way.
    results = all_at_once(
        *[lambda n=n: refund(shipped, 100 + n, f"Bent {n}", left_seen=6716) for n in range(6)]
    )
    [made] = [each for each in results if isinstance(each, Transaction)]
    assert {str(each).partition(" been given")[0] for each in results if each is not made} <= {
        "The amounts have changed since you opened this page. Please open it again.",
        f"{made.amount_cents / 100:.2f} CAD had",
    }
    webhooks.wait_until_idle()
    assert end(webhooks) == given_back(made.amount_cents)
    is_clean()


def test_a_refund_made_at_stripe_while_the_desk_makes_another_is_never_too_much(shipped, webhooks):
    # Mutation: book() passed refunds over: the 30.00 of the dashboard were in no book.
    intent = webhooks.intents()[0]["id"]
    refused, _ = while_stripe_thinks(
        webhooks, REFUND, lambda: refund(shipped, 4000), lambda: webhooks.refund(intent, 3000)
    )
    assert isinstance(refused, OrderActionError)
    assert str(refused).startswith("Stripe declined the request: ")
    webhooks.wait_until_idle()
    assert end(webhooks) == given_back(3000)
    is_clean()


def test_a_refund_whose_answer_was_lost_and_that_is_asked_for_again_is_made_once(shipped, webhooks):
    # Mutation: neither did _look_for_lost_refunds() look nor _plan() find the wish again: 10.00
    # went back twice. Either of them alone keeps it at once.
    webhooks.hold_webhooks()
    webhooks.fault(REFUND, lost=True, when="after", times=3)
    with pytest.raises(OrderActionError, match="Stripe did not respond"):
        refund(shipped, 1000)
    assert end(webhooks) == replace(SHIPPED, charges=("taken 6716 returned 1000",))
    all_at_once(
        lambda: refund(shipped, 1000), lambda: webhooks.release_webhooks("shuffle"), reconcile
    )
    webhooks.wait_until_idle()
    assert end(webhooks) == given_back(1000)
    is_clean()


def test_while_stripe_thinks_about_a_refund_for_pieces_others_can_buy_the_same_thing(
    guest, webhooks
):
    # Mutation: with the pieces released before the refund the buyer waited for the shelf's row.
    first, second = guest(2), guest()
    press(first, checkout_form(first), webhooks)
    sold = Order.objects.get()
    capture_payment_early(order=sold, reason="They agreed", by=None)
    form, pieces = checkout_form(second), {sold.lines.get().pk: 1}
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
    _, answer = while_stripe_thinks(
        webhooks, REFUND,
        lambda: cancel_items(order=sold, quantities=pieces, reason="Bent", by=None),
        lambda: press(second, form, webhooks),
    )  # fmt: skip
    connection.close()
    assert answer["outcome"] == "placed"
    webhooks.wait_until_idle()
    now = end(webhooks)
    assert (now.orders, now.attempts) == (("placed", "placed"), ("captured", "authorized"))
    assert (now.shelf, sold.lines.get().cancelled) == (((10, 2),), 1)
    is_clean()
