"""Refunds that fail after they were recorded can be made again."""

from typing import Any

from django.urls import reverse

from accounts.users.models import User
from checkout.audit.services import run_audit
from checkout.fulfilment.partial_cancellation import cancel_items
from checkout.fulfilment.refund_actions import refund_order
from checkout.order.models import Order
from checkout.payment.models import Transaction
from checkout.refunds.allocation import refundable_shares, refunded_shares
from checkout.refunds.models import RefundAllocation
from checkout.returns import services
from checkout.settlement.services import pay, settle
from tests.checkout.conftest import token
from tests.checkout.returns.helpers import approve_and_receive, request_return, ship
from tests.stripe_double.control import Double

CHECKS = ["payment-sums", "refund-allocations", "refund-limits", "stripe-payments"]


def sent_back(order: Order, double: Double) -> None:
    """Fail the newest refund at Stripe and settle twice."""
    double.finish_refund(double.refunds()[-1]["id"], succeeded=False)
    for _ in range(2):
        settle(order.attempts.get().pk)


def test_failed_refund_can_be_refunded_again(shipped: Order, charlie: User, stripe_double: Double):
    # regression: failed refunds counted as refunded
    refund_order(order=shipped, cents=14594, reason="Goodwill", by=charlie)
    sent_back(shipped, stripe_double)
    failed = Transaction.objects.get(type="refund")
    assert failed.failed_at is not None
    assert (refunded_shares(shipped), sum(refundable_shares(shipped).values())) == ({}, 14594)
    again = refund_order(order=shipped, cents=14594, reason="Goodwill", by=charlie)
    assert again.failed_at is None
    assert not RefundAllocation.objects.filter(type="other").exists()
    parts = {part: {(each.type, each.line_id, each.component, each.cents) for each in
                    part.allocations.all()} for part in (failed, again)}  # fmt: skip
    assert parts[failed] == parts[again]
    assert shipped.attempts.get().refunded_cents == 14594
    assert [row["status"] for row in stripe_double.refunds()] == ["failed", "succeeded"]
    assert run_audit(only=CHECKS).breaches == []


def test_failed_refund_does_not_reduce_a_returns_proposal(
    shipped: Order, charlie: User, stripe_double: Double
):
    refund_order(order=shipped, cents=14594, reason="Goodwill", by=charlie)
    ret = approve_and_receive(request_return(shipped, 1), charlie, (1, 0))
    assert sum(services.refund_proposal(ret, delivery=True).values()) == 0
    sent_back(shipped, stripe_double)
    assert sum(services.refund_proposal(ret, delivery=True).values()) == 3700 + 1150 + 57 + 69


def test_units_cancelled_after_a_failed_refund_are_refunded(
    order: Any, cart: Any, product: Any, charlie: User, stripe_double: Double
):
    made = order(basket=cart((product(price="33.33"), 2)))
    pay(order=made, confirmation_token=token(stripe_double))
    ship(made, 1)
    taken = made.attempts.get().captured_cents
    refund_order(order=made, cents=taken, reason="Goodwill", by=charlie)
    sent_back(made, stripe_double)
    cancel_items(order=made, quantities={made.lines.get().pk: 1}, reason="Bent", by=charlie)
    assert made.attempts.get().refunded_cents == 3333 + 167 + 200
    assert run_audit(only=CHECKS).breaches == []


def test_admin_shows_a_refund_returned_by_the_bank(
    shipped: Order, charlie: User, client: Any, stripe_double: Double
):
    refund_order(order=shipped, cents=1000, reason="Goodwill", by=charlie)
    charlie.is_superuser = True
    charlie.save()
    client.force_login(charlie)
    page = reverse("admin:order_order_change", args=[shipped.pk])
    assert b"returned by the bank" not in client.get(page).content
    sent_back(shipped, stripe_double)
    assert client.get(page).content.count(b"returned by the bank") == 2  # refunds, timeline
