"""One double for these tests, emptied before each of them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stripe

from .control import Double
from .receiver import SECRET, Receiver

Pay = Callable[..., stripe.PaymentIntent]


@pytest.fixture(scope="session")
def running_double() -> Iterator[Double]:
    with Double(retry_after=(0.01, 0.01)) as double:
        yield double


@pytest.fixture
def double(running_double: Double) -> Double:
    """An empty account without webhook endpoints."""
    running_double.remove_webhooks()
    running_double.reset()
    return running_double


@pytest.fixture
def client(double: Double, monkeypatch: pytest.MonkeyPatch) -> stripe.StripeClient:
    """stripe-python as the shop sets it up, but quick to try again."""
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.001)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.001)
    return stripe.StripeClient(
        "sk_test_double", base_addresses={"api": double.url}, max_network_retries=2
    )


@pytest.fixture
def pay(client: stripe.StripeClient) -> Pay:
    """Create a card payment of 42.00 CAD to be captured by hand, and confirm it."""

    def pay(method: str = "pm_card_visa", **given: Any) -> stripe.PaymentIntent:
        params = {
            "amount": 4200,
            "currency": "cad",
            "capture_method": "manual",
            "allowed_payment_method_types": ["card"],
            "payment_method": method,
            "confirm": True,
            **given,
        }
        return client.v1.payment_intents.create(params)

    return pay


@pytest.fixture
def receiver(double: Double) -> Iterator[Receiver]:
    """A webhook endpoint for all events."""
    with Receiver() as listening:
        double.add_webhook(listening.url, SECRET)
        yield listening
