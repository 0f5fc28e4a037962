"""A shop with one aircraft, a guest at its till, and a Stripe whose webhooks reach the shop over
HTTP. Everything is committed, so that threads on other connections see it."""

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
from tests.checkout.failures.scene import press
from tests.checkout.shopper import add_to_cart, checkout_form
from tests.stripe_double.control import Double


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Nothing here runs inside a transaction of the test's own."""
    for item in items:
        if "/failures/" in str(item.path):
            item.add_marker(pytest.mark.django_db(transaction=True))
            item.add_marker(pytest.mark.concurrency)


@pytest.fixture(autouse=True)
def _audit(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each story that Stripe has a part in, the books, Stripe and the stock must agree.

    A story whose end staff must look at says so: `@pytest.mark.breaches("check", ...)`.
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
        return  # skipped on this engine before anything was sold
    run = run_audit()
    assert run.not_checked == []
    found = {breach["check"] for breach in run.breaches}
    assert found == set(expected.args if expected else ()), run.breaches


@pytest.fixture
def plane(transactional_db: None) -> Product:
    """The one thing on the shelf: 49.00 CAD, ten pieces; and all that selling it needs."""
    shipping_seed.load()
    tax_seed.load()
    policy = Policy.objects.create(slug="payment", title="Payment", required_at_checkout=True)
    adopt(policy, "Pay by card.")
    return make_product()


@pytest.fixture
def guest(plane: Product) -> Callable[..., Client]:
    """Browsers of guests who have put pieces of the aircraft into their carts."""

    def come(pieces: int = 1) -> Client:
        browser = Client()
        add_to_cart(browser, plane, pieces)
        return browser

    return come


@pytest.fixture
def buyer(guest: Callable[..., Client], stripe_double: Double) -> Client:
    """A guest with one aircraft in the cart: 67.16 CAD with parcel and taxes."""
    return guest()


@pytest.fixture
def form(buyer: Client) -> dict[str, Any]:
    """The checkout page as the buyer has filled it in."""
    return checkout_form(buyer)


@pytest.fixture
def webhooks(live_server: Any, stripe_double: Double) -> Iterator[Double]:
    """Stripe calls the shop over HTTP, whose threads have connections of their own."""
    url = f"{live_server.url}/stripe/webhook/"
    stripe_double.add_webhook(url, shop_settings.STRIPE_WEBHOOK_SECRET)
    yield stripe_double
    stripe_double.wait_until_idle()


def time_is_up() -> None:
    """Let the time to pay be over for every order."""
    PaymentAttempt.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


@pytest.fixture
def needs_threads(transactional_db: None) -> None:
    """Leave to PostgreSQL what SQLite cannot show."""
    needs_postgres()


@pytest.fixture
def sold(buyer: Client, form: dict[str, Any], webhooks: Double, settings: Any) -> Order:
    """An order of one aircraft whose money is held, with all its webhooks delivered."""
    settings.STRIPE_TIMEOUT = 30  # seconds; a request may be made to wait
    assert press(buyer, form, webhooks)["outcome"] == "placed"
    webhooks.wait_until_idle()
    return Order.objects.get()
