"""Steps on a page with the Payment Element of the Stripe double."""

from typing import Any

import stripe
from playwright.sync_api import FrameLocator, Page

from tests.stripe_double.control import Double


def open_checkout(page: Page, url: str) -> FrameLocator:
    """Open the page, and return the frame with the card fields."""
    page.goto(url)
    page.wait_for_selector("body[data-ready]")
    return page.frame_locator('iframe[title="Secure payment input frame"]')


def type_card(page: Page, card: FrameLocator, number: str) -> None:
    """Type a card with the keyboard only."""
    card.get_by_label("Card number").focus()
    page.keyboard.type(number)
    page.keyboard.press("Tab")
    page.keyboard.type("1239")
    page.keyboard.press("Tab")
    page.keyboard.type("123")


def confirm_token(double: Double, token_id: str, **given: Any) -> Any:
    """Create an intent of 42.00 and confirm it, as the shop's server does."""
    client = stripe.StripeClient("sk_test_double", base_addresses={"api": double.url})
    intent = client.v1.payment_intents.create(
        {
            "amount": 4200,
            "currency": "cad",
            "capture_method": "manual",
            "allowed_payment_method_types": ["card"],
            **given,
        }
    )
    return client.v1.payment_intents.confirm(intent.id, {"confirmation_token": token_id})
