"""Compare what buyers saw with our records, the double and the mail server."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Sum

from accounts.mail.models import Message, MessageState
from catalog.partner.models import StockRecord
from checkout.order.models import Line, Order
from checkout.order.states import OrderState
from checkout.payment.models import PaymentAttempt
from tests.stripe_double.control import Control

Observed = dict[str, Any]


def confirmed_orders_placed(told: Observed) -> Iterator[str]:
    """Every confirmation page that a buyer saw has a placed order."""
    placed = set(Order.objects.exclude(placed_at=None).values_list("number", flat=True))
    for number, buyer in told["confirmed"].items():
        if number not in placed:
            yield f"{buyer} saw a confirmation of order {number}, which was never placed"


def claims_correct(told: Observed, double: Control) -> Iterator[str]:
    """No buyer who read "nothing was charged" was charged by that payment."""
    cards, kept = double.token_cards(), _kept_by_card(double)
    paid = {each["payment_method"]: each for each in double.charges() if each["paid"]}
    placed = set(
        PaymentAttempt.objects.exclude(order__placed_at=None).values_list("intent_id", flat=True)
    )
    for claim in told["claims"]:
        if not claim["token"]:
            yield from _claim_about_order(claim)
            continue
        charge = paid.get(cards.get(claim["token"], ""))
        if charge is None:
            continue
        if kept[charge["id"]] or charge["payment_intent"] in placed:
            yield (
                f"{claim['buyer']} read {claim['words']!r}, but {charge['id']} took the money "
                f"(order {claim['order']}, intent {charge['payment_intent']})"
            )


def _claim_about_order(claim: dict[str, Any]) -> Iterator[str]:
    """The order had not been paid for when the page was requested, or was cancelled since."""
    order = Order.objects.filter(number=claim["order"]).first()
    if order is None or order.status == OrderState.CANCELLED or order.placed_at is None:
        return
    if order.placed_at.timestamp() < claim["at"]:
        yield f"{claim['buyer']} read {claim['words']!r} of order {claim['order']}, which was paid"


def records_match(double: Control) -> Iterator[str]:
    """Charges match our payment records; committed stock matches what orders reserve."""
    attempts = {each.intent_id: each for each in PaymentAttempt.objects.select_related("order")}
    kept_by_card = _kept_by_card(double)
    for charge in double.charges():
        kept = kept_by_card[charge["id"]]
        attempt = attempts.get(charge["payment_intent"])
        if kept and (attempt is None or kept != _kept(attempt)):
            yield f"{charge['id']} keeps {kept} cents, the books {attempt and _kept(attempt)}"
    held = dict(Line.objects.values_list("stockrecord").annotate(Sum("num_allocated")).order_by())
    for record in StockRecord.objects.all():
        if (record.num_allocated or 0) != (held.get(record.pk) or 0):
            yield f"{record.partner_sku}: {record.num_allocated} promised, {held[record.pk]} held"


def _kept_by_card(double: Control) -> dict[str, int]:
    """Cents that each charge holds, or has captured and not refunded.

    What is released of a hold counts as refunded in older histories, and then its balance
    transaction is of all that was held.
    """
    held = {each["id"]: each["amount_capturable"] for each in double.intents()}
    moved = {each["source"]: each["amount"] for each in double.every("balance_transaction")}
    return {
        each["id"]: moved[each["id"]] - each["amount_refunded"]
        if each["captured"]
        else held[each["payment_intent"]] * each["paid"]
        for each in double.charges()
    }


def _kept(attempt: PaymentAttempt) -> int:
    """Cents that are authorized or captured and not refunded, by our payment records."""
    if attempt.state == "authorized":
        return attempt.amount_cents
    return attempt.captured_cents - attempt.refunded_cents


def emails_sent(letters: dict[str, int]) -> Iterator[str]:
    """Each placed order has one confirmation email, and no unknown email was sent."""
    rows = Message.objects.filter(email_type="order-confirmed")
    sent: dict[str, list[str]] = {}
    for row in rows:
        sent.setdefault(row.subject_id, []).append(row.message_id)
        if row.state != MessageState.SENT or row.message_id not in letters:
            yield f"the order mail about {row.subject_id} did not arrive ({row.state})"
    for number in Order.objects.exclude(placed_at=None).values_list("number", flat=True):
        found = sent.pop(f"order:{number}", [])
        if len(found) != 1:
            yield f"order {number} has {len(found)} order emails"
    for subject in sent:
        yield f"an order mail about {subject} went out, which was never placed"
    known = set(Message.objects.values_list("message_id", flat=True))
    for identity in letters:
        if identity not in known:
            yield f"a letter {identity} arrived that no row of the outbox knows"
