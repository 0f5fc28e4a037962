"""PostgreSQL crashes during a payment, and comes back."""

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
from tests.checkout.failures.processes import Browser, own_postgres, web_server
from tests.checkout.failures.recovery import send_emails
from tests.checkout.failures.scenario import (
    CONFIRM,
    CREATE,
    PAY,
    PENDING,
    PLACED,
    during_stripe_request,
    snapshot,
    visible_text,
)
from tests.checkout.shopper import checkout_form
from tests.concurrency import run_concurrently
from tests.engines.postgres import Server
from tests.stripe_double.control import Double


@pytest.fixture
def engine(postgres_only: None) -> Iterator[Server]:
    """A PostgreSQL for this test only."""
    with own_postgres() as server:
        yield server


@pytest.fixture
def site(engine: Server, plane: Product, stripe_double: Double) -> Iterator[str]:
    """The shop's web server on that PostgreSQL."""
    with web_server() as address:
        yield address


def open_checkout(site: str, plane: Product) -> tuple[Browser, dict[str, Any]]:
    browser = Browser(site)
    browser.post(reverse("basket:add", args=[plane.pk]), {"quantity": 1})
    return browser, checkout_form(browser)


def crash_during(
    browser: Browser, form: dict[str, Any], engine: Server, double: Double, request: str
) -> Any:
    """Press Pay; the database crashes and recovers while Stripe delays the request."""
    form = form | {"confirmation_token": token(double)}

    def crash() -> None:
        assert browser.get("/cart/").status_code == 200  # connects the other thread
        engine.crash()
        while_down = Browser(browser.address).get(reverse("orders:find"))
        assert while_down.status_code == 200  # a page that needs no database
        down = browser.get("/cart/")
        assert down.status_code == 500
        assert "If you were paying, please check your email" in visible_text(down)
        assert browser.get("/health/").json()["database"] == "down"
        engine.recover()
        connection.close()  # the test's own connection is closed, too

    response, _ = during_stripe_request(double, request, lambda: browser.post(PAY, form), crash)
    return response


@pytest.mark.parametrize(
    ("request_", "left"),
    [
        (CREATE, PENDING),
        (CONFIRM, replace(PENDING, intents=("requires_capture",), charges=("authorized 6716",))),
    ],
)
def test_database_restart_during_payment_charges_once(
    site: str, plane: Product, engine: Server, stripe_double: Double, request_: str, left: Any
):
    # Mutation: a new key for each create left a second intent at Stripe
    browser, form = open_checkout(site, plane)
    response = crash_during(browser, form, engine, stripe_double, request_)
    assert response.status_code == 500
    assert "You are never charged twice for one order." in visible_text(response)
    assert snapshot(stripe_double) == left

    visits = run_concurrently(*[lambda: Browser(site).get("/cart/").status_code] * 8)
    assert visits == [200] * 8
    again = browser.post(PAY, form | {"confirmation_token": token(stripe_double)})
    assert again.json()["outcome"] == "placed"
    assert snapshot(stripe_double) == PLACED
    send_emails()
    assert run_audit().last_line == "audit: 0 breaches"


def test_database_restart_during_payment_is_settled_by_reconcile(
    site: str, plane: Product, engine: Server, stripe_double: Double
):
    # Mutation: a job that used only events left the order "pending"
    browser, form = open_checkout(site, plane)
    crash_during(browser, form, engine, stripe_double, CONFIRM)
    reconcile()
    assert snapshot(stripe_double) == PLACED
    assert reconcile() == []


def test_first_request_after_a_database_restart_succeeds(
    site: str, plane: Product, engine: Server, stripe_double: Double
):
    # Mutation: without CONN_HEALTH_CHECKS the payment failed with 500
    browser, form = open_checkout(site, plane)
    visits = [lambda: Browser(site).get("/cart/").status_code] * 8
    assert run_concurrently(*visits) == [200] * 8  # both threads are connected
    engine.crash()
    engine.recover()
    connection.close()
    assert run_concurrently(*visits) == [200] * 8
    response = browser.post(PAY, form | {"confirmation_token": token(stripe_double)})
    assert response.json()["outcome"] == "placed"
    assert snapshot(stripe_double) == PLACED
