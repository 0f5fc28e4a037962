"""Orders that staff take: drafts, quotes, payments without a card, and their refunds.

An aircraft for 49.95 CAD ships to Saskatoon for 11.50 (tracked parcel, up to 500 g). GST of 5 % on
61.45 is 3.07, PST of 6 % is 3.69: the order is 68.21 CAD.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.mail.models import Message
from accounts.users.models import User
from catalog.models import Product
from checkout.audit.checks import CHECKS
from checkout.audit.services import run_audit
from checkout.basket.services import add_product
from checkout.fulfilment.refund_actions import refund_order
from checkout.fulfilment.services import cancel_order
from checkout.order import errors
from checkout.order.locking import OrderActionError
from checkout.order.models import Order
from checkout.order.states import NotAllowed, OrderState
from checkout.payment.models import OfflinePayment, PaymentAlert, PaymentAttempt
from checkout.placement.drafts import (
    create_draft,
    draft_basket,
    locked_draft,
    place_quote,
    reopen_quote,
    write_draft,
)
from checkout.placement.services import OrderDetails, accept_policies
from checkout.settlement.offline import cents_to_receive, record_offline_payment
from checkout.settlement.reconcile import expire_orders
from checkout.settlement.services import pay
from tests.checkout.conftest import allocated, token, transactions
from tests.concurrency import run_concurrently
from tests.stripe_double.control import Double

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]

Make = Callable[..., Order]


@pytest.fixture
def draft(details: OrderDetails, product: Any, charlie: User) -> Make:
    """Make drafts of a phone order for Dana: products, or pairs with a quantity."""

    def make(*wanted: Any, **changes: Any) -> Order:
        order = create_draft(details=replace(details, **changes), channel="phone", by=charlie)
        for each in wanted or [product()]:
            thing, quantity = each if isinstance(each, tuple) else (each, 1)
            add_product(
                basket=draft_basket(order), product_id=thing.pk, quantity=quantity, user=charlie
            )
        with transaction.atomic():
            write_draft(locked_draft(order))
        order.refresh_from_db()
        return order

    return make


@pytest.fixture
def quote(draft: Make, charlie: User) -> Make:
    """Make quotes that are valid for 14 days."""

    def make(*wanted: Any, **changes: Any) -> Order:
        until = timezone.localdate() + timedelta(days=14)
        order = draft(*wanted, **changes)
        return place_quote(order=order, valid_until=until, reason="Waits for cheque", by=charlie)

    return make


def pay_by_cheque(order: Order, **changes: Any) -> Order:
    """Record a cheque for the total."""
    facts = {"method": "cheque", "cents": 6821, "received_on": timezone.localdate(), "by": None}
    return record_offline_payment(order=order, **{**facts, "reference": "No. 12", **changes})


def accept(order: Order, accepted: list[tuple[int, str]]) -> None:
    """Record the acceptance by phone."""
    accept_policies(order=order, accepted=accepted)


def breaches() -> list[str]:
    """Return the problems that the audit finds in our own records."""
    return run_audit(only=[each.name for each in CHECKS if "stripe" not in each.name]).breaches


def test_draft_has_the_quote_of_checkout_and_reserves_nothing(draft: Make, product: Any) -> None:
    aircraft = product()
    order = draft(aircraft)
    line = order.lines.get()
    assert (order.status, order.channel, str(order.taken_by)) == (
        "draft", "phone", "charlie@example.com",
    )  # fmt: skip
    assert (order.total_excl_tax, order.total_incl_tax) == (Decimal("61.45"), Decimal("68.21"))
    assert order.shipping_code == "ca-parcel"
    assert [row.amount for row in order.tax_lines.order_by("pk")] == [
        Decimal("2.50"), Decimal("0.57"), Decimal("3.00"), Decimal("0.69"),
    ]  # fmt: skip
    assert (line.quantity, line.num_allocated) == (1, 0)
    assert aircraft.stockrecords.get().num_allocated in (0, None)
    assert not order.attempts.exists()
    assert not Order.objects.live().exists()


def test_draft_is_hidden_from_its_customer(draft: Make, alice: User) -> None:
    order = draft()
    Order.objects.update(user=alice)
    assert not Order.objects.placed_by(alice).exists()
    assert order.link_secret


@pytest.mark.promise("quotes-valid")
def test_quote_reserves_stock_until_its_day_ends(draft: Make, product: Any, charlie: User) -> None:
    aircraft = product(stock=3)
    order = draft((aircraft, 2))
    day = timezone.localdate() + timedelta(days=14)
    placed = place_quote(order=order, valid_until=day, reason="Waits for cheque", by=charlie)
    attempt = placed.attempts.get()
    assert placed.status == "pending"
    assert allocated(placed) == 2
    assert aircraft.stockrecords.get().net_stock_level == 1
    # Saskatchewan is UTC-6 all year: midnight is 6:00 UTC
    assert attempt.expires_at.isoformat() == f"{day + timedelta(days=1)}T06:00:00+00:00"
    assert attempt.amount_cents == round(placed.total_incl_tax * 100)
    assert (placed.valid_until, placed.hold_reason) == (day, "Waits for cheque")


def test_expired_quote_releases_its_stock(quote: Make, product: Any) -> None:
    aircraft = product(stock=3)
    order = quote((aircraft, 2))
    with time_machine.travel(order.valid_until_end - timedelta(minutes=1)):
        assert expire_orders() == []
    with time_machine.travel(order.valid_until_end + timedelta(minutes=1)):
        assert expire_orders() == [f"order {order.number}: expired after its payment window"]
    assert aircraft.stockrecords.get().net_stock_level == 3


def test_quote_keeps_its_price_and_rejects_what_staff_did_not_see(
    draft: Make, quote: Make, product: Any, charlie: User
) -> None:
    aircraft = product()
    seen, quoted = draft(aircraft), quote(aircraft)
    aircraft.stockrecords.update(price=Decimal("99.00"))
    quoted.refresh_from_db()
    assert quoted.total_incl_tax == Decimal("68.21")
    with pytest.raises(errors.CartChanged):
        place_quote(order=seen, valid_until=date(2100, 1, 1), reason="", by=charlie)
    seen.refresh_from_db()
    assert seen.status == "draft"
    assert not seen.attempts.exists()


def test_discount_is_divided_over_the_lines(draft: Make, product: Any) -> None:
    """19.99 and 2 x 10.00 less 5.00: shares of 2.4994 and 2.5006, so 2.50 each."""
    order = draft(product("A", price="19.99"), (product("B", price="10.00"), 2))
    order.manual_discount, order.discount_reason = Decimal("5.00"), "Scratched canopy"
    with transaction.atomic():
        write_draft(order)
    first, second = order.lines.order_by("pk")
    assert first.line_price_before_discounts_excl_tax == Decimal("19.99")
    assert (first.line_price_excl_tax, second.line_price_excl_tax) == (
        Decimal("17.49"), Decimal("17.50"),
    )  # fmt: skip
    assert order.total_excl_tax == Decimal("34.99") + order.shipping_excl_tax
    row = order.discounts.get()
    assert (row.offer_name, row.amount) == ("Scratched canopy", Decimal("5.00"))
    assert breaches() == []


def test_discount_needs_a_reason(draft: Make) -> None:
    order = draft()
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(manual_discount=1)


def test_cheque_places_the_order(quote: Make, accepted: Any, charlie: User) -> None:
    order = quote()
    accept(order, accepted)
    paid = pay_by_cheque(order, by=charlie)
    attempt = paid.attempts.first()
    assert (paid.status, allocated(paid)) == ("placed", 1)
    assert (attempt.state, attempt.method, attempt.captured_cents) == ("captured", "cheque", 6821)
    assert attempt.intent_id is None
    assert transactions(paid) == [("capture", 6821)]
    assert attempt.transactions.get().by == charlie
    payment = OfflinePayment.objects.get()
    assert (payment.reference, payment.rounding_cents) == ("No. 12", 0)
    assert Message.objects.filter(email_type="order-confirmed").count() == 1
    assert breaches() == []


@pytest.mark.parametrize(
    ("cents", "received"),
    [(6875, 6875), (6876, 6875), (6877, 6875), (6878, 6880), (6879, 6880), (6880, 6880), (1, 0)],
)
def test_only_cash_is_rounded_to_five_cents(cents: int, received: int) -> None:
    assert cents_to_receive(cents, "cash") == received
    assert {cents_to_receive(cents, m) for m in ("cheque", "money-order", "bank-transfer")} == {
        cents
    }


def test_cash_keeps_the_total_and_records_the_rounding(quote: Make) -> None:
    order = quote()
    pay_by_cheque(order, method="cash", cents=6820, reference="")
    attempt = order.attempts.first()
    assert (attempt.amount_cents, attempt.offline.rounding_cents) == (6821, -1)


def test_audit_finds_an_offline_payment_without_its_record(quote: Make, accepted: Any) -> None:
    order = quote()
    accept(order, accepted)
    pay_by_cheque(order)
    OfflinePayment.objects.update(rounding_cents=1)
    problem = "Its payment by cheque has no record, or a wrong rounding."
    assert [each["problem"] for each in breaches()] == [problem]
    OfflinePayment.objects.all().delete()
    assert [each["problem"] for each in breaches()] == [problem]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cents": 6820}, "must be exactly $68.21, not $68.20"),
        ({"method": "cash"}, "must be exactly $68.20, not $68.21"),
        ({"received_on": date(2100, 1, 1)}, "cannot have arrived in the future"),
    ],
)
def test_wrong_payment_changes_nothing(quote: Make, changes: Any, message: str) -> None:
    order = quote()
    with pytest.raises(OrderActionError) as error:
        pay_by_cheque(order, **changes)
    assert message in str(error.value)
    order.refresh_from_db()
    assert order.status == "pending"
    assert order.attempts.get().state == "open"


def test_second_record_of_a_cheque_is_rejected(quote: Make) -> None:
    order = quote()
    pay_by_cheque(order)
    with pytest.raises(OrderActionError, match="that is placed"):
        pay_by_cheque(order)
    assert transactions(order) == [("capture", 6821)]


def test_online_order_takes_no_cheque(order: Make) -> None:
    placed = order()
    with pytest.raises(OrderActionError, match="No payment can be recorded"):
        pay_by_cheque(placed)
    assert placed.attempts.get().state == "open"


def test_quote_that_is_paid_later_ships_later(draft: Make, charlie: User) -> None:
    """Written on Monday, November 30; ten days later is Thursday. Each date moves by ten days,
    weekends excepted. Mutation: without `postpone_promises`."""
    with time_machine.travel(datetime(2026, 11, 30, 18, tzinfo=UTC)):
        order = place_quote(order=draft(), valid_until=date(2026, 12, 14), reason="", by=charlie)
        order.refresh_from_db()
        promised = order.ships_by
    with time_machine.travel(datetime(2026, 12, 10, 18, tzinfo=UTC)):
        pay_by_cheque(order, received_on=date(2026, 12, 10))
    order.refresh_from_db()
    later = promised + timedelta(days=10)
    later += timedelta(days=max(0, 7 - later.weekday()) if later.weekday() > 4 else 0)
    assert order.ships_by == order.lines.get().ships_by == later
    assert order.arrives_from >= order.ships_by


def test_late_cheque_takes_stock_again_or_is_rejected(
    quote: Make, product: Any, charlie: User
) -> None:
    aircraft = product(stock=1)
    order = quote(aircraft)
    with time_machine.travel(order.valid_until_end + timedelta(minutes=1)):
        expire_orders()
    other = quote(aircraft)
    with pytest.raises(OrderActionError, match="Butterfly"):
        pay_by_cheque(order)
    cancel_order(order=other, reason="Changed mind", by=charlie)
    assert pay_by_cheque(order).status == "placed"
    assert aircraft.stockrecords.get().num_allocated == 1


def test_customer_pays_the_quote_by_card(quote: Make, stripe_double: Double) -> None:
    order = quote()
    pay(order=order, confirmation_token=token(stripe_double))
    order.refresh_from_db()
    assert order.status == "placed"
    with pytest.raises(OrderActionError, match="that is placed"):
        pay_by_cheque(order)


def test_cheque_cancels_a_card_payment_that_was_started(quote: Make, stripe_double: Double) -> None:
    order = quote()
    pay(order=order, confirmation_token=token(stripe_double, "pm_card_visa_chargeDeclined"))
    tried = order.attempts.get()
    assert tried.intent_id
    assert pay_by_cheque(order).status == "placed"
    tried.refresh_from_db()
    assert tried.state == "cancelled"
    assert order.attempts.count() == 2


def test_refund_is_recorded_and_staff_are_told_to_pay_it(quote: Make, charlie: User) -> None:
    order = quote()
    pay_by_cheque(order)
    refund_order(order=order, cents=1000, reason="Scratched", by=charlie)
    assert transactions(order) == [("capture", 6821), ("refund", 1000)]
    assert order.attempts.first().refunded_cents == 1000
    assert "Pay back $10.00 by hand (Cheque)" in PaymentAlert.objects.get().text
    assert Message.objects.filter(email_type="order-refunded").count() == 1
    assert breaches() == []


def test_cancelled_order_is_refunded_by_hand_once(quote: Make, charlie: User) -> None:
    order = quote()
    pay_by_cheque(order)
    cancel_order(order=order, reason="Changed mind", by=charlie)
    cancel_order(order=order, reason="Changed mind", by=charlie)
    assert transactions(order) == [("capture", 6821), ("refund", 6821)]
    assert allocated(order) == 0
    assert breaches() == []


def test_reopened_quote_is_a_draft_with_todays_price(
    quote: Make, product: Any, charlie: User
) -> None:
    aircraft = product(stock=3)
    order = quote(aircraft)
    aircraft.stockrecords.update(price=Decimal("59.95"))
    draft = reopen_quote(order=order)
    assert (draft.status, draft.valid_until) == ("draft", None)
    assert draft.total_excl_tax == Decimal("71.45")
    assert aircraft.stockrecords.get().net_stock_level == 3
    assert not PaymentAttempt.objects.exists()
    again = place_quote(order=draft, valid_until=date(2100, 1, 1), reason="", by=charlie)
    assert again.status == "pending"
    assert breaches() == []


def test_quote_with_a_card_payment_is_not_reopened(quote: Make, stripe_double: Double) -> None:
    order = quote()
    pay(order=order, confirmation_token=token(stripe_double, "pm_card_visa_chargeDeclined"))
    with pytest.raises(OrderActionError, match="has started to pay"):
        reopen_quote(order=order)
    order.refresh_from_db()
    assert order.status == "pending"


def test_placed_order_is_not_reopened(quote: Make) -> None:
    order = pay_by_cheque(quote())
    with pytest.raises(NotAllowed):
        reopen_quote(order=order)


def test_cancelled_draft_sends_no_email(draft: Make, charlie: User) -> None:
    order = draft()
    cancel_order(order=order, reason="Changed mind", by=charlie)
    order.refresh_from_db()
    assert order.status == OrderState.CANCELLED
    assert not Message.objects.filter(subject_id=f"order:{order.number}").exists()
    assert breaches() == []


def test_last_unit_is_quoted_once(
    transactional_db: None, needs_postgres: None, draft: Make, product: Any, charlie: User
) -> None:
    """Two staff members reserve the last unit for two customers at once."""
    aircraft: Product = product(stock=1)
    first, second = draft(aircraft), draft(aircraft)
    until = timezone.localdate()

    def reserve(order: Order) -> str:
        try:
            return place_quote(order=order, valid_until=until, reason="", by=charlie).status
        except errors.OutOfStock:
            return "sold out"

    results = run_concurrently(lambda: reserve(first), lambda: reserve(second))
    assert sorted(map(str, results)) == ["pending", "sold out"]
    assert aircraft.stockrecords.get().num_allocated == 1


def test_cheque_is_recorded_once_by_two_people(
    transactional_db: None, needs_postgres: None, quote: Make
) -> None:
    order = quote()

    def record() -> str:
        try:
            return pay_by_cheque(order).status
        except OrderActionError:
            return "rejected"

    assert sorted(map(str, run_concurrently(record, record))) == ["placed", "rejected"]
    assert transactions(order) == [("capture", 6821)]
