"""The desk's pages for pieces that never come, for stock that is waited for, and for a payment
that is taken early."""

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.mail.models import Message
from accounts.users.models import User
from checkout.order.models import LineCancellation, Order
from checkout.payment.models import Movement, PaymentAttempt
from checkout.settlement.services import pay
from tests.catalog.stock import put
from tests.checkout.conftest import token
from tests.desk.test_acts import everything, page_of, parcel, url_of
from tests.stripe_double.control import Double


def chosen(order: Order, *pieces: int, **changes: Any) -> dict[str, Any]:
    """What the browser sends to cancel this many pieces of each line."""
    lines = order.lines.order_by("pk")
    quantities = {f"line_{line.pk}": n for line, n in zip(lines, pieces, strict=False)}
    return {**quantities, "reason": "Out of production", "once": str(uuid.uuid4()), **changes}


@pytest.fixture
def waiting(order: Any, cart: Any, product: Any, stripe_double: Double) -> Order:
    """Three Ladybirds are paid for, and two of them are on the shelf."""
    scarce = product(
        "Ladybird", price="19.99", stock=2, backorder=True, expected_on=timezone.localdate()
    )
    made = order(basket=cart((scarce, 3)))
    pay(order=made, confirmation_token=token(stripe_double))
    return Order.objects.get(pk=made.pk)


def test_staff_cancel_a_piece_and_the_payment_becomes_smaller(
    staff: Client, charlie: User, paid: Order
) -> None:
    page = staff.get(url_of(paid, "cancel-items")).content.decode()
    assert "2 of 2 left to ship" in page
    assert "their price is not captured later" in page
    answer = staff.post(url_of(paid, "cancel-items"), chosen(paid, 1, 0))
    assert answer["Location"] == page_of(paid)
    row = LineCancellation.objects.get()
    assert (row.quantity, row.cents, row.by) == (1, 5545, charlie)
    page = staff.get(page_of(paid)).content.decode()
    assert "1 cancelled" in page
    assert "<dt>Not charged (cancelled items)</dt><dd>$55.45</dd>" in page
    assert "items-cancelled" in page
    assert "Cancelled 1 × Butterfly: Out of production" in page
    page = staff.get(url_of(paid, "ship")).content.decode()
    assert "The payment of $90.39 is captured now" in page


def test_after_a_parcel_the_page_says_that_money_goes_back(staff: Client, paid: Order) -> None:
    staff.post(url_of(paid, "ship"), parcel(paid, 1, 0))
    page = staff.get(url_of(paid, "cancel-items")).content.decode()
    assert "1 of 2 left to ship" in page
    assert "their price is refunded" in page
    staff.post(url_of(paid, "cancel-items"), chosen(paid, 1, 1))
    assert Movement.objects.get(kind="refund").amount_cents == 5545 + 2219
    assert Order.objects.get(pk=paid.pk).status == "shipped"


@pytest.mark.parametrize(
    ("pieces", "changes", "words"),
    [
        ((3, 0), {}, "less than or equal to 2"),
        ((0, 0), {}, "Select at least one item to cancel."),
        ((1, 0), {"reason": ""}, "This field is required."),
        ((2, 1), {}, "Please cancel the order instead."),
        ((1, 0), {"seen": "1:9"}, "The order has changed since you opened this page."),
    ],
)
def test_pieces_that_cannot_be_cancelled_are_refused(
    pieces: tuple[int, int], changes: dict[str, str], words: str, staff: Client, paid: Order
) -> None:
    before = (everything(paid), LineCancellation.objects.count())
    answer = staff.post(url_of(paid, "cancel-items"), chosen(paid, *pieces, **changes))
    assert words in answer.content.decode()
    assert (everything(paid), LineCancellation.objects.count()) == before


def test_a_page_for_pieces_sent_twice_cancels_once(staff: Client, paid: Order) -> None:
    data = chosen(paid, 1, 0)
    staff.post(url_of(paid, "cancel-items"), data)
    staff.post(url_of(paid, "cancel-items"), data)
    assert LineCancellation.objects.get().quantity == 1


def test_the_ship_form_offers_what_is_on_the_shelf_and_names_what_is_not(
    staff: Client, waiting: Order
) -> None:
    page = staff.get(url_of(waiting, "ship")).content.decode()
    assert 'max="2"' in page
    assert "3 of 3 left to ship; 1 on backorder" in page
    assert "On backorder: 1 × Ladybird." in page
    before = everything(waiting)
    answer = staff.post(url_of(waiting, "ship"), parcel(waiting, 3))
    assert "less than or equal to 2" in answer.content.decode()
    assert everything(waiting) == before


def test_the_desk_lists_orders_that_wait_for_stock(
    staff: Client, waiting: Order, order: Any, product: Any, stripe_double: Double
) -> None:
    other = order(product("Moth", stock=5))
    pay(order=other, confirmation_token=token(stripe_double))
    url = reverse("admin:order_order_changelist")

    def listed(query: str) -> list[str]:
        found = staff.get(f"{url}?task={query}").context["cl"].queryset
        return sorted(found.values_list("number", flat=True))

    assert listed("backordered") == [waiting.number]
    assert listed("to-ship") == sorted([waiting.number, other.number])
    put(0, waiting.lines.get().stockrecord)
    assert listed("to-ship") == [other.number]
    page = staff.get(page_of(waiting)).content.decode()
    assert "3 on backorder" in page


def test_the_payment_is_taken_early_with_the_customers_word(
    staff: Client, charlie: User, paid: Order
) -> None:
    page = staff.get(url_of(paid, "capture")).content.decode()
    assert "$145.84 is captured now." in page
    staff.post(url_of(paid, "capture"), {"reason": "By telephone", "once": "t"})
    assert PaymentAttempt.objects.get().captured_cents == 14584
    assert Movement.objects.get(kind="capture").by == charlie
    page = staff.get(page_of(paid)).content.decode()
    assert "Payment captured before shipping: By telephone" in page
    assert "Capture payment" not in page
    assert not Message.objects.exists()
