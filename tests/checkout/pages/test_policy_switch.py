"""A policy that changes while an order is placed: the shopper accepts what they saw."""

import threading
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from catalog.partner.models import StockRecord
from checkout.basket.models import Basket
from checkout.order.models import Order
from policies.models import Acceptance, Policy
from policies.workflow import adopt
from tests.checkout.conftest import needs_postgres
from tests.checkout.factories import make_product
from tests.checkout.failures.processes import wait_until
from tests.checkout.shopper import add_to_cart, checkout_form, hidden, press_pay
from tests.stripe_double.control import Double

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("rates"),
]


@pytest.fixture
def buyer(transactional_db: None, client: Client, stripe_double: Double) -> Client:
    needs_postgres()
    add_to_cart(client, make_product(price="49.00"))
    return client


@contextmanager
def pressing(press: Callable[[], Any], locked: Any) -> Any:
    """Press Pay in a thread that waits for locked rows."""
    answers: list[Any] = []

    def run() -> None:
        try:
            answers.append(press())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    try:
        with transaction.atomic():
            list(locked.select_for_update())
            thread.start()
            wait_until(_is_waiting_for_a_lock, "the press to reach the row")
            yield answers
    finally:
        thread.join()


def _is_waiting_for_a_lock() -> bool:
    with connection.cursor() as cursor:  # pg_stat_activity does not change within a transaction
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def _publish() -> None:
    """Publish a new version, on a separate connection."""

    def run() -> None:
        try:
            adopt(Policy.objects.get(), "New.")
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def test_policy_changed_before_the_order_is_shown_again(
    buyer: Client, stripe_double: Double
) -> None:
    form = checkout_form(buyer)
    press = lambda: press_pay(buyer, form, stripe_double)  # noqa: E731
    with pressing(press, Basket.objects.all()) as answers:
        _publish()
    (answer,) = answers
    assert answer.status_code == 422
    said = answer.json()
    assert said["errors"] == {
        "agreed": ["Our policies have just changed. Please read and accept them again."]
    }
    assert "(version 2)</a>." in said["acceptance"]
    assert not Order.objects.exists()
    assert not Acceptance.objects.exists()
    assert not stripe_double.intents()
    again = form | {"policies": hidden(said["acceptance"], "policies")}
    assert press_pay(buyer, again, stripe_double).json()["outcome"] == "placed"
    assert Acceptance.objects.get().version.number == 2


def test_policy_changed_while_placing_keeps_the_accepted_version(
    buyer: Client, stripe_double: Double
) -> None:
    form = checkout_form(buyer)
    press = lambda: press_pay(buyer, form, stripe_double)  # noqa: E731
    with pressing(press, StockRecord.objects.all()) as answers:  # the last rows that it locks
        _publish()
    (answer,) = answers
    assert answer.json()["outcome"] == "placed"
    made = Acceptance.objects.get()
    assert (made.version.number, made.subject) == (1, f"order:{Order.objects.get().number}")
    assert "(version 1)" in made.label
