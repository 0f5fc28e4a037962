"""PostgreSQL goes down as in a power cut while the shop is paid, and comes back."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from catalog.models import Product
from checkout.audit.services import run_audit
from checkout.settlement.reconcile import reconcile
from tests.checkout.conftest import token
from tests.checkout.failures.aftermath import send_mail
from tests.checkout.failures.scene import (
    CONFIRM,
    CREATE,
    PAY,
    PLACED,
    WAITING,
    all_at_once,
    end,
    while_stripe_thinks,
    words,
)
from tests.checkout.failures.serving import Browser, own_postgres, web_server
from tests.checkout.shopper import checkout_form
from tests.engines.postgres import Server
from tests.stripe_double.control import Double


@pytest.fixture
def engine(needs_threads: None) -> Iterator[Server]:
    """A PostgreSQL of this test's own."""
    with own_postgres() as server:
        yield server


@pytest.fixture
def site(engine: Server, plane: Product, stripe_double: Double) -> Iterator[str]:
    """The shop's web server on that PostgreSQL."""
    with web_server() as address:
        yield address


def at_the_till(site: str, plane: Product) -> tuple[Browser, dict[str, Any]]:
    browser = Browser(site)
    browser.post(reverse("basket:add", args=[plane.pk]), {"quantity": 1})
    return browser, checkout_form(browser)


def crash_under(
    browser: Browser, form: dict[str, Any], engine: Server, double: Double, request: str
) -> Any:
    """Press "pay", and let the database crash and come back while Stripe thinks about it."""
    form = form | {"confirmation_token": token(double)}

    def crash() -> None:
        assert browser.get("/cart/").status_code == 200  # the other thread is connected as well
        engine.crash()
        while_down = Browser(browser.address).get(reverse("orders:find"))
        assert while_down.status_code == 200  # a page that needs no database
        down = browser.get("/cart/")
        assert down.status_code == 500
        assert "If you were paying, please check your email" in words(down)
        assert browser.get("/health/").json()["database"] == "down"
        engine.recover()
        connection.close()  # the test's own, which has died as well

    answer, _ = while_stripe_thinks(double, request, lambda: browser.post(PAY, form), crash)
    return answer


@pytest.mark.parametrize(
    ("request_", "left"),
    [
        (CREATE, WAITING),
        (CONFIRM, replace(WAITING, intents=("requires_capture",), charges=("held 6716",))),
    ],
)
def test_when_the_database_restarts_under_a_payment_it_is_charged_once_without_restarting_the_shop(
    site: str, plane: Product, engine: Server, stripe_double: Double, request_: str, left: Any
):
    # Mutation: a new key for each create left a second intent at Stripe.
    browser, form = at_the_till(site, plane)
    answer = crash_under(browser, form, engine, stripe_double, request_)
    assert answer.status_code == 500
    assert "You are never charged twice for one order." in words(answer)
    assert end(stripe_double) == left

    visits = all_at_once(*[lambda: Browser(site).get("/cart/").status_code] * 8)
    assert visits == [200] * 8
    again = browser.post(PAY, form | {"confirmation_token": token(stripe_double)})
    assert again.json()["outcome"] == "placed"
    assert end(stripe_double) == PLACED
    send_mail()
    assert run_audit().last_line == "audit: 0 breaches"


def test_when_the_database_restarts_under_a_payment_and_nobody_returns_the_job_places_the_order(
    site: str, plane: Product, engine: Server, stripe_double: Double
):
    # Mutation: a job that looked at events alone left the order "pending".
    browser, form = at_the_till(site, plane)
    crash_under(browser, form, engine, stripe_double, CONFIRM)
    reconcile()
    assert end(stripe_double) == PLACED
    assert reconcile() == []


def test_the_first_request_after_a_restart_of_the_database_finds_a_connection_that_works(
    site: str, plane: Product, engine: Server, stripe_double: Double
):
    # Mutation: without CONN_HEALTH_CHECKS the payment was answered with 500.
    browser, form = at_the_till(site, plane)
    visits = [lambda: Browser(site).get("/cart/").status_code] * 8
    assert all_at_once(*visits) == [200] * 8  # both threads are connected
    engine.crash()
    engine.recover()
    connection.close()
    assert all_at_once(*visits) == [200] * 8
    answer = browser.post(PAY, form | {"confirmation_token": token(stripe_double)})
    assert answer.json()["outcome"] == "placed"
    assert end(stripe_double) == PLACED
