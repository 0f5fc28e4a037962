"""A small shop with shipping and tax rates, and a Stripe double."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import stripe
from django.db import connection
from oscar.apps.partner.models import Partner

from catalog.models import Product, ProductClass
from checkout.basket.models import Basket
from checkout.basket.services import price_basket, price_for_email
from checkout.order.models import Order
from checkout.payment.models import Transaction
from checkout.payment.stripe_limits import breaker
from checkout.placement.quote import Quote, make_quote
from checkout.placement.services import OrderDetails, place_order
from checkout.shipping import seed as shipping_seed
from checkout.tax import seed as tax_seed
from policies.models import Policy
from policies.workflow import adopt
from tests.catalog.product_facts import add_facts
from tests.stripe_double.control import Double


@pytest.fixture
def shop(db: None) -> None:
    """Countries, shipping zones and methods, and tax rates."""
    shipping_seed.load()
    tax_seed.load()


@pytest.fixture
def rates(shop: None) -> None:
    """Shipping rates, tax rates, and a policy that orders require."""
    policy = Policy.objects.create(slug="payment", title="Payment", required_at_checkout=True)
    adopt(policy, "Pay by card.")


@pytest.fixture
def product(shop: None) -> Callable[..., Product]:
    """Make products: price in CAD before tax, stock, weight in grams."""

    def make(
        title: str = "Butterfly", *, price: str = "49.95", stock: int = 10, weight: str = "3.60",
        **more: Any,
    ) -> Product:  # fmt: skip
        kind, _ = ProductClass.objects.get_or_create(name="R/C airplane")
        made = Product.objects.create(
            title=title, product_class=kind, weight_g=Decimal(weight),
        )  # fmt: skip
        add_facts(made, battery=more.pop("battery", "none"), **more.pop("facts", {}))
        partner, _ = Partner.objects.get_or_create(name="Plantraco")
        made.stockrecords.create(
            partner=partner, partner_sku=f"MF-{made.pk}", price=Decimal(price),
            num_in_stock=stock, **more,
        )  # fmt: skip
        return made

    return make


@pytest.fixture
def cart() -> Callable[..., Basket]:
    """Make carts as the browser does: pairs of product and quantity, or products."""

    def make(*wanted: Any, owner: Any = None, vouchers: Any = ()) -> Basket:
        basket = Basket.objects.create(owner=owner)
        price_basket(basket, owner)
        for each in wanted:
            pair = each if isinstance(each, tuple) else (each, 1)
            basket.add_product(*pair)
        basket.vouchers.add(*vouchers)
        basket._lines = None
        price_basket(basket, owner)
        return basket

    return make


@pytest.fixture
def accepted(db: None) -> list[tuple[int, str]]:
    """The accepted policy version and its label."""
    policy = Policy.objects.create(
        slug="payment", title="Payment methods", required_at_checkout=True
    )
    version = adopt(policy, "Pay by card.")
    return [(version.pk, "I accept how payment works.")]


@pytest.fixture
def details(accepted: list[tuple[int, str]]) -> OrderDetails:
    """A shopper in Saskatoon who selects the shipping method "Expedited Parcel"."""
    return OrderDetails(
        email="dana@example.com",
        first_name="Dana",
        last_name="Reyes",
        line1="12 Elm Street",
        city="Saskatoon",
        province="SK",
        postcode="S7K 1A1",
        country="CA",
        shipping_code="ca-parcel",
        accepted=accepted,
    )


def quote_for(basket: Basket, details: OrderDetails) -> Quote:
    """Return the quote that the checkout page shows."""
    price_for_email(basket, details.email)
    return make_quote(
        basket,
        country=details.country,
        province=details.province,
        postcode=details.postcode,
        shipping_code=details.shipping_code,
    )


@pytest.fixture
def order(product: Any, cart: Any, details: OrderDetails) -> Callable[..., Order]:
    """Place pending orders."""

    def make(*wanted: Any, basket: Basket | None = None, user: Any = None, **other: Any) -> Order:
        basket = basket or cart(*(wanted or [product()]), owner=user)
        with_changes = replace(details, **other)
        shown = quote_for(basket, with_changes).fingerprint
        return place_order(basket=basket, details=with_changes, fingerprint=shown, user=user)

    return make


@pytest.fixture(scope="session")
def _double() -> Iterator[Double]:
    with Double() as double:
        yield double


@pytest.fixture
def stripe_double(_double: Double, settings: Any) -> Iterator[Double]:
    """Run the Stripe double, and point the shop at it."""
    settings.STRIPE_API_BASE = _double.url
    settings.STRIPE_SECRET_KEY = "sk_test_demo"
    settings.STRIPE_TIMEOUT = 2
    breaker.close()
    _double.reset()
    yield _double
    _double.clear_faults()
    _double.remove_webhooks()


def needs_postgres() -> None:
    """Skip on SQLite, which has one writer at a time."""
    if connection.vendor != "postgresql":
        pytest.skip("threads that write at once need PostgreSQL; SQLite queues them at BEGIN")


def token(double: Double, card: str = "pm_card_visa") -> str:
    """Return the confirmation token that Stripe.js creates for a card."""
    client = stripe.StripeClient("sk_test_demo", base_addresses={"api": double.url})
    made = client.v1.test_helpers.confirmation_tokens.create({"payment_method": card})
    return str(made.id)


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry Stripe calls without waiting."""
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.001)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.001)


def transactions(order: Order) -> list[tuple[str, int]]:
    """Return the transactions of an order: type and cents."""
    rows = Transaction.objects.filter(attempt__order=order)
    return list(rows.values_list("type", "amount_cents"))


def allocated(order: Order) -> int:
    """Return the units allocated to the order; its lines and stock records must agree."""
    in_stock_records = sum(line.stockrecord.num_allocated or 0 for line in order.lines.all())
    assert in_stock_records == sum(line.num_allocated for line in order.lines.all())
    return in_stock_records
