"""Orders compared with our own payment records."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from checkout.audit.checks.base import Breach, CheckRun, cad, cents, check, number_of, total
from checkout.order.models import Line, LineCancellation, Order
from checkout.order.states import OrderState
from checkout.payment.models import (
    AttemptState,
    PaymentAttempt,
    StripeEvent,
    Transaction,
    TransactionType,
)
from checkout.payment.states import UNDECIDED

#: States of an order that has shipped, or that the shop must ship.
PLACED = (OrderState.PLACED, OrderState.PART_SHIPPED, OrderState.SHIPPED)
ENDED = (OrderState.EXPIRED, OrderState.CANCELLED)
#: Jobs expire an unpaid order within a minute, and settle an event within five.
OVERDUE = timedelta(hours=1)
#: Cents by which price and taxes of some units of a line may differ from their exact share.
ROUNDING = 3
#: The state of a payment that does not exist.
NO_PAYMENT = "none"

REFUND = _("Release or refund the payment in Stripe’s dashboard.")
PAY_AGAIN = _("Ask the customer to pay again, or cancel the order before it ships.")
RECONCILE = _(
    "Run “manage.py reconcile”. If the problem remains, check that the worker and beat are running."
)


def _latest(field: str, default: Any) -> Any:
    """Return a column of the order's latest payment attempt. Never NULL, which compares as
    neither equal nor different."""
    attempts = PaymentAttempt.objects.filter(order=OuterRef("pk")).order_by("-pk")
    return Coalesce(Subquery(attempts.values(field)[:1]), Value(default))


def _with_payment(orders: QuerySet[Order]) -> QuerySet[Any]:
    """Annotate the state and amount of each order's latest attempt, and the sums of all."""
    attempts = PaymentAttempt.objects
    return orders.order_by("pk").annotate(
        total_cents=cents("total_incl_tax"),
        state=_latest("state", NO_PAYMENT),
        due_cents=_latest("amount_cents", 0) - _latest("waived_cents", 0),
        captured_cents=total(attempts, "captured_cents", by="order_id"),
        refunded_cents=total(attempts, "refunded_cents", by="order_id"),
    )


@check("orders-paid", _("Every placed order is paid."))
def orders_paid(run: CheckRun) -> Iterator[Breach]:
    """Payments of placed orders are authorized or captured, and captured once a unit shipped."""
    placed = run.count(Order.objects.filter(status__in=PLACED))
    authorized = Q(state=AttemptState.AUTHORIZED, status=OrderState.PLACED)
    captured = Q(state=AttemptState.CAPTURED, captured_cents__gte=F("owed_cents"))
    free = Q(state=NO_PAYMENT, total_cents=0)
    never_captured = LineCancellation.objects.filter(refund=None)
    suspects = (
        _with_payment(placed)
        .annotate(owed_cents=F("due_cents") - total(never_captured, "cents", by="line__order_id"))
        .exclude(authorized | captured | free)
    )
    for number, state, owed, captured_cents in suspects.values_list(
        "number", "state", "owed_cents", "captured_cents"
    ):
        problem, action = _unpaid(state)
        yield run.order_breach(
            number, problem, action, state=state, captured=cad(captured_cents), owed=cad(owed)
        )


def _unpaid(state: str) -> tuple[Any, Any]:
    if state == NO_PAYMENT:
        return _("It is placed, but has no payment."), PAY_AGAIN
    if state == AttemptState.CAPTURED:
        return (
            _("Only %(captured)s of %(owed)s was captured."),
            _("Ask the customer for the rest, or refund the payment and cancel the order."),
        )
    if state == AttemptState.AUTHORIZED:
        return (
            _("It has shipped, but its payment is only authorized."),
            _("Capture the payment in Stripe’s dashboard before the authorization expires."),
        )
    return _("It is placed, but its payment is %(state)s."), PAY_AGAIN


@check("unplaced-payments", _("No unplaced order keeps money."))
def unplaced_payments(run: CheckRun) -> Iterator[Breach]:
    """Pending, expired and cancelled orders hold no authorization, and are fully refunded.

    A payment with a dispute that is open or lost cannot be refunded.
    """
    unplaced = run.count(Order.objects.exclude(status__in=PLACED))
    disputed = PaymentAttempt.objects.filter(order=OuterRef("pk")).exclude(disputed_at=None)
    suspects = (
        _with_payment(unplaced)
        .annotate(kept_cents=F("captured_cents") - F("refunded_cents"), disputed=Exists(disputed))
        .filter(Q(state=AttemptState.AUTHORIZED) | Q(kept_cents__gt=0, disputed=False))
    )
    for number, status, state, due, kept in suspects.values_list(
        "number", "status", "state", "due_cents", "kept_cents"
    ):
        if state == AttemptState.AUTHORIZED:
            problem, amount = _("It is %(status)s, but %(amount)s is authorized."), due
        else:
            problem, amount = _("It is %(status)s, but %(amount)s is not refunded."), kept
        action = RECONCILE if status == OrderState.PENDING else REFUND
        yield run.order_breach(number, problem, action, status=status, amount=cad(amount))


@check("cancelled-units", _("No money is kept for cancelled units."))
def cancelled_units(run: CheckRun) -> Iterator[Breach]:
    """A placed order keeps at most the price of the units that are not cancelled."""
    placed = run.count(Order.objects.filter(status__in=PLACED, lines__cancelled__gt=0).distinct())
    lines = Line.objects.filter(quantity__gt=0).annotate(
        void=cents("line_price_incl_tax") * F("cancelled") / F("quantity")
    )
    suspects = (
        _with_payment(placed)
        .annotate(
            kept_cents=F("captured_cents") - F("refunded_cents"),
            cost_cents=F("total_cents") - total(lines, "void", by="order_id"),
            rounding=ROUNDING * number_of(Line.objects, by="order_id"),
        )
        .filter(kept_cents__gt=F("cost_cents") + F("rounding"))
    )
    problem = _("%(kept)s is kept, but the units that are not cancelled cost %(cost)s.")
    yield from run.breaches(suspects, problem, REFUND, kept="kept_cents", cost="cost_cents")


@check("payment-amounts", _("Every payment is for its order’s total."))
def payment_amounts(run: CheckRun) -> Iterator[Breach]:
    """Amount and currency of an attempt are those of the order, before staff edited it."""
    attempts = run.count(PaymentAttempt.objects.all())
    suspects = attempts.annotate(
        total_cents=cents("order__total_incl_tax"),
        known_cents=F("amount_cents") + F("edited_cents"),
    ).exclude(known_cents=F("total_cents"), currency=F("order__currency"))
    yield from run.breaches(
        suspects,
        _("Its payment is for %(amount)s, but the order total is %(total)s."),
        _("Find out which amount the customer agreed to, and refund the difference."),
        number="order__number",
        amount="amount_cents",
        total="total_cents",
    )


@check("early-charges", _("Every payment that is due at checkout is captured."))
def early_charges(run: CheckRun) -> Iterator[Breach]:
    """Reconcile captures what settle could not; a payment that is still authorized was missed."""
    not_shipped = Q(order__early_charge_agreed_at=None, order__shipping_code="")
    agreed = Q(order__early_charge_agreed_at__isnull=False)
    at_checkout = run.count(PaymentAttempt.objects.filter(agreed | not_shipped))
    late = at_checkout.filter(
        state=AttemptState.AUTHORIZED, order__placed_at__lt=timezone.now() - OVERDUE
    )
    problem = _("The customer agreed to be charged at checkout, but the payment is not captured.")
    yield from run.breaches(late, problem, RECONCILE, number="order__number")


@check("ended-payments", _("No payment stays open after its order has ended."))
def ended_payments(run: CheckRun) -> Iterator[Breach]:
    """An attempt of an expired or cancelled order cannot be paid any more."""
    ended = run.count(PaymentAttempt.objects.filter(order__status__in=ENDED))
    yield from run.breaches(
        ended.filter(state__in=UNDECIDED),
        _("It is %(status)s, but its payment is still open."),
        _("Cancel the payment in Stripe’s dashboard."),
        number="order__number",
        status="order__status",
    )


@check("overdue-orders", _("No order stays unpaid long after its payment deadline."))
def overdue_orders(run: CheckRun) -> Iterator[Breach]:
    """Jobs expire unpaid orders within a minute."""
    pending = run.count(PaymentAttempt.objects.current().filter(order__status=OrderState.PENDING))
    overdue = pending.filter(expires_at__lt=timezone.now() - OVERDUE)
    problem = _("It is still unpaid, over an hour after its deadline.")
    yield from run.breaches(overdue, problem, RECONCILE, number="order__number")


@check("stripe-events", _("Every event from Stripe is settled."))
def stripe_events(run: CheckRun) -> Iterator[Breach]:
    """Events are settled within five minutes."""
    run.count(StripeEvent.objects.all())
    late = StripeEvent.objects.filter(settled_at=None, received_at__lt=timezone.now() - OVERDUE)
    problem = _("%(type)s is not settled after more than an hour.")
    yield from run.breaches(late, problem, RECONCILE, subject="event %(event_id)s")


@check("payment-sums", _("Every payment is the sum of its transactions."))
def payment_sums(run: CheckRun) -> Iterator[Breach]:
    """The captured and refunded sums of an attempt are those of its transactions."""
    attempts = run.count(PaymentAttempt.objects.all())
    same = Q(captured_cents=F("captures_cents"), refunded_cents=F("refunds_cents"))
    # a returned payment of a wrong amount has transactions only
    returned = Q(state=AttemptState.CANCELLED, captured_cents=0, captures_cents=F("refunds_cents"))
    wrong = attempts.annotate(
        captures_cents=_transactions(TransactionType.CAPTURE),
        refunds_cents=_transactions(TransactionType.REFUND),
    ).exclude(same | returned)
    yield from run.breaches(
        wrong,
        _(
            "The payment says %(captured)s captured and %(refunded)s refunded; its "
            "transactions say %(captures)s and %(refunds)s."
        ),
        _("Compare both with Stripe’s dashboard."),
        number="order__number",
        captured="captured_cents",
        refunded="refunded_cents",
        captures="captures_cents",
        refunds="refunds_cents",
    )


def _transactions(kind: str) -> Any:
    """Return the cents of transactions of a type, without failed refunds."""
    rows = Transaction.objects.filter(type=kind, failed_at=None)
    return total(rows, "amount_cents", by="attempt_id")
