"""Held orders: captured at once, never shipped while held, released once when the shop reopens."""

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.mail.models import Message
from checkout.fulfilment import holds, services
from checkout.fulfilment.shipments import create_shipment
from checkout.order.locking import OrderActionError
from checkout.order.models import Order, ShippingEvent
from checkout.settlement.services import pay
from microflight.core import page_cache
from policies.opening.models import AwayPeriod
from tests.checkout.conftest import token, transactions
from tests.concurrency import run_concurrently

REOPENS = date(2127, 5, 3)


@pytest.fixture
def away(shop: None) -> AwayPeriod:
    return AwayPeriod.objects.create(
        starts_on=timezone.localdate(), reopens_on=REOPENS, text="Closed for the winter."
    )


@pytest.fixture
def held(away: AwayPeriod, accepted: Any, order: Any, stripe_double: Any) -> Order:
    """A paid order that waits: a Butterfly for 68.21 CAD."""
    made = order(early_charge=True)
    pay(order=made, confirmation_token=token(stripe_double))
    Message.objects.all().delete()
    return Order.objects.get(pk=made.pk)


def ship(order: Order) -> ShippingEvent:
    line = order.lines.get()
    return create_shipment(
        order=order, quantities={line.pk: 1}, carrier="", tracking_number="", by=None
    )


def reopen() -> None:
    AwayPeriod.objects.update(starts_on=date(2020, 1, 1), reopens_on=timezone.localdate())


@pytest.mark.django_db
def test_held_order_is_captured_at_once(held: Order) -> None:
    assert (held.status, held.on_hold) == ("placed", True)
    assert [kind for kind, _cents in transactions(held)] == ["authorize", "capture"]


# Mutation: without the check in _lines_to_ship(), it was shipped.
@pytest.mark.django_db
def test_held_order_cannot_be_shipped(held: Order) -> None:
    with pytest.raises(OrderActionError, match="Butterfly is on hold until the shop reopens."):
        ship(held)
    assert not ShippingEvent.objects.exists()
    assert not Order.objects.to_ship().exists()


@pytest.mark.promise("away-hold")
@pytest.mark.django_db
def test_held_order_is_cancelled_for_a_full_refund(held: Order) -> None:
    services.cancel_order(order=held, reason="Too late.", by=None)
    captured = sum(cents for kind, cents in transactions(held) if kind == "capture")
    refunded = sum(cents for kind, cents in transactions(held) if kind == "refund")
    assert captured == refunded > 0


@pytest.mark.django_db
def test_nothing_is_released_while_away(held: Order) -> None:
    assert holds.release_held_orders() == 0
    held.refresh_from_db()
    assert held.on_hold


@pytest.mark.promise("away-hold")
@pytest.mark.django_db
def test_reopening_releases_orders_and_emails_each_buyer_once(held: Order) -> None:
    reopen()
    assert holds.release_held_orders() == 1
    assert holds.release_held_orders() == 0
    held.refresh_from_db()
    assert not held.on_hold
    assert held.hold_released_at is not None
    assert Message.objects.get(email_type="hold-released").recipient == "dana@example.com"
    assert set(Order.objects.to_ship()) == {held}
    ship(held)
    assert ShippingEvent.objects.count() == 1


# Mutation: in one transaction for all, the first order stayed on hold.
@pytest.mark.django_db
def test_job_that_was_killed_is_continued(
    held: Order, order: Any, product: Any, stripe_double: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = order(product("Moth"), early_charge=True)
    pay(order=second, confirmation_token=token(stripe_double))
    reopen()
    release, done = holds._release, []

    def killed(pk: int) -> bool:
        if done:
            raise KeyboardInterrupt
        done.append(pk)
        return release(pk)

    monkeypatch.setattr(holds, "_release", killed)
    with pytest.raises(KeyboardInterrupt):
        holds.release_held_orders()
    assert done == [held.pk]  # the oldest first
    assert list(Order.objects.filter(on_hold=True)) == [second]
    monkeypatch.setattr(holds, "_release", release)
    assert holds.release_held_orders() == 1
    emails = Message.objects.filter(email_type="hold-released")
    assert emails.count() == 2


# Mutation: without _hold_waiting(), it could be shipped, and its buyer got no email.
@pytest.mark.django_db
def test_order_from_before_the_period_is_held_when_it_begins(held: Order) -> None:
    Order.objects.update(on_hold=False)  # as if the period had begun only now
    assert holds.release_held_orders() == 0
    held.refresh_from_db()
    assert held.on_hold
    reopen()
    assert holds.release_held_orders() == 1
    AwayPeriod.objects.update(reopens_on=REOPENS)  # away again, before it was shipped
    assert holds.release_held_orders() == 0
    held.refresh_from_db()
    assert not held.on_hold
    assert Message.objects.filter(email_type="hold-released").count() == 1


@pytest.mark.django_db
def test_only_orders_whose_buyers_agreed_are_held(held: Order) -> None:
    Order.objects.update(on_hold=False)
    held.lines.update(held=False)
    holds.release_held_orders()
    held.lines.update(held=True, status="shipped")
    holds.release_held_orders()
    held.refresh_from_db()
    assert not held.on_hold


@pytest.mark.django_db
def test_start_page_shows_held_orders(
    staff: Client, held: Order, django_capture_on_commit_callbacks: Any
) -> None:
    def shown() -> list[str]:
        page = " ".join(staff.get(reverse("admin:index")).content.decode().split())
        task = r"<li( class=.urgent.)?> <a href=.[^>]*task=on-hold.><strong>(\d)</strong> ([^<]*)"
        return re.findall(task, page)

    assert shown() == [("", "1", "orders on hold until the shop reopens")]
    reopen()
    with django_capture_on_commit_callbacks(execute=True):
        page_cache.invalidate()  # as the admin does
    assert shown() == [(' class="urgent"', "1", "held orders to release")]
    holds.release_held_orders()
    assert shown() == [("", "0", "held orders to release")]


@pytest.mark.django_db
def test_cancelled_and_unpaid_orders_are_not_released(held: Order, order: Any) -> None:
    unpaid = order(early_charge=True)
    services.cancel_order(order=held, reason="Too late.", by=None)
    reopen()
    assert holds.release_held_orders() == 0
    assert not Message.objects.filter(email_type="hold-released").exists()
    assert Order.objects.get(pk=unpaid.pk).on_hold  # released once it is paid


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("needs_postgres")
def test_two_workers_release_each_order_once_and_the_oldest_first(
    held: Order, order: Any, product: Any, stripe_double: Any
) -> None:
    orders = [held]
    for title in ("Moth", "Ladybird"):
        orders.append(order(product(title), early_charge=True))
        pay(order=orders[-1], confirmation_token=token(stripe_double))
    reopen()
    results = run_concurrently(*[holds.release_held_orders] * 2)
    assert sum(results) == 3
    emails = Message.objects.filter(email_type="hold-released").order_by("pk")
    numbers = [each.number for each in orders]
    assert [each.subject_id for each in emails] == [f"order:{number}" for number in numbers]
    released = Order.objects.order_by("hold_released_at").values_list("number", flat=True)
    assert list(released) == numbers
    for each in orders:
        assert each.notes.filter(message__startswith="Released from hold").count() == 1


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("needs_postgres")
def test_release_and_cancellation_at_once_leave_one_state(held: Order) -> None:
    reopen()
    results = run_concurrently(
        holds.release_held_orders,
        lambda: services.cancel_order(order=held, reason="Too late.", by=None),
    )
    assert not [each for each in results if isinstance(each, Exception)]
    held.refresh_from_db()
    assert held.status == "cancelled"
    assert held.on_hold is (results[0] == 0)
    assert Message.objects.filter(email_type="hold-released").count() == results[0]
