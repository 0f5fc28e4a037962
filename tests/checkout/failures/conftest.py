"""A shop with one product, a guest with a cart, and Stripe webhooks over HTTP.

Everything is committed, so that threads on other connections see it.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as shop_settings
from django.test import Client
from django.utils import timezone

from catalog.models import Product
from checkout.audit.services import run_audit
from checkout.order.models import Order
from checkout.payment.models import PaymentAttempt
from checkout.shipping import seed as shipping_seed
from checkout.tax import seed as tax_seed
from policies.models import Policy
from policies.workflow import adopt
from tests.checkout.conftest import needs_postgres
from tests.checkout.factories import make_product
from tests.checkout.failures.scenario import press_pay
from tests.checkout.shopper import add_to_cart, checkout_form
from tests.stripe_double.control import Double


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """No test here runs inside a transaction."""
    for item in items:
        if "/failures/" in str(item.path):
            item.add_marker(pytest.mark.django_db(transaction=True))
            item.add_marker(pytest.mark.concurrency)


@pytest.fixture(autouse=True)
def _audit(request: pytest.FixtureRequest) -> Iterator[None]:
    """Audit orders, payments, Stripe and stock after each test that uses Stripe.

    Tests that end with a problem for staff say so: `@pytest.mark.breaches("check", ...)`.
    """
    if "stripe_double" not in request.fixturenames:
        yield
        return
    for name in ("transactional_db", "stripe_double"):  # they must outlive the audit
        request.getfixturevalue(name)
    yield
    request.getfixturevalue("stripe_double").clear_faults()
    expected = request.node.get_closest_marker("breaches")
    if expected and not Order.objects.exists():
        return  # skipped on this engine
    run = run_audit()
    assert run.not_checked == []
    found = {breach["check"] for breach in run.breaches}
    assert found == set(expected.args if expected else ()), run.breaches


@pytest.fixture
def plane(transactional_db: None) -> Product:
    """The only product: 49.00 CAD, ten in stock; with rates, taxes and a policy."""
    shipping_seed.load()
    tax_seed.load()
    policy = Policy.objects.create(slug="payment", title="Payment", required_at_checkout=True)
    adopt(policy, "Pay by card.")
    return make_product()


@pytest.fixture
def guest(plane: Product) -> Callable[..., Client]:
    """Make browsers of guests with the product in their carts."""

    def make(units: int = 1) -> Client:
        browser = Client()
        add_to_cart(browser, plane, units)
        return browser

    return make


@pytest.fixture
def buyer(guest: Callable[..., Client], stripe_double: Double) -> Client:
    """A guest with one unit in the cart: 67.16 CAD with shipping and taxes."""
    return guest()


@pytest.fixture
def form(buyer: Client) -> dict[str, Any]:
    """The checkout form, filled in by the buyer."""
    return checkout_form(buyer)


@pytest.fixture
def webhooks(live_server: Any, stripe_double: Double) -> Iterator[Double]:
    """Deliver Stripe's webhooks over HTTP, to threads with their own connections."""
    url = f"{live_server.url}/stripe/webhook/"
    stripe_double.add_webhook(url, shop_settings.STRIPE_WEBHOOK_SECRET)
    yield stripe_double
    stripe_double.wait_until_idle()


def end_payment_windows() -> None:
    """Let the payment window of every order be over."""
    PaymentAttempt.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


@pytest.fixture
def postgres_only(transactional_db: None) -> None:
    """Skip on SQLite, which has one writer at a time."""
    needs_postgres()


@pytest.fixture
def paid_order(buyer: Client, form: dict[str, Any], webhooks: Double, settings: Any) -> Order:
    """An authorized order of one unit; all webhooks were delivered."""
    settings.STRIPE_TIMEOUT = 30  # seconds; tests stall requests
    assert press_pay(buyer, form, webhooks)["outcome"] == "placed"
    webhooks.wait_until_idle()
    return Order.objects.get()
