"""Steps of a shopper or of staff, found by what the page says."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, Response, expect

BANK = 'iframe[title="Card authentication by your bank"]'
DECLINED = "4000000000000002"
CARD = 'iframe[title="Secure payment input frame"]'


def add_to_cart(page: Page, shop: str, words: str) -> None:
    """Search, open the first result and add it to the cart."""
    page.goto(shop)
    page.locator("#site-search").fill(words)
    page.keyboard.press("Enter")
    page.locator(".product-card a").first.click()
    page.get_by_role("button", name="Add to cart").click()


def fill_address(page: Page, email: str) -> None:
    """Fill in the address without the postal code."""
    page.get_by_role("main").get_by_label("Email", exact=True).fill(email)
    page.get_by_label("First name").fill("Dana")
    page.get_by_label("Last name").fill("Flyer")
    page.get_by_label("Country").select_option("CA")
    page.get_by_label("Street address").fill("12 Prairie Lane")
    page.get_by_label("City").fill("Saskatoon")
    choose_province(page, "SK")


def choose_province(page: Page, code: str) -> None:
    """Choose from the list, or type where JavaScript is off."""
    province = page.get_by_label("Province or state")
    if province.evaluate("field => field.tagName") == "SELECT":
        province.select_option(code)
    else:
        province.fill(code)


def fill_contact(page: Page, email: str) -> None:
    """Fill in an address in Saskatoon, and wait for the new quote."""
    fill_address(page, email)
    with page.expect_response(_quote_for("S7K 1A1")):
        page.get_by_label("Postal or ZIP code").fill("S7K 1A1")
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name=re.compile(r"Pay \$"))).to_be_visible()


def _quote_for(postcode: str) -> Callable[[Response], bool]:
    """Match the quote for this postal code."""
    return lambda answer: (
        "/checkout/quote/" in answer.url and postcode in (answer.request.post_data or "")
    )


def fill_card(page: Page, number: str) -> None:
    """Type a card into Stripe's own frame."""
    frame = page.frame_locator(CARD)
    frame.get_by_label("Card number").fill(number)
    frame.get_by_label("Expiration date").fill("12 / 39")
    frame.get_by_label("Security code").fill("123")


def pay_as_guest(page: Page, shop: str, card: str) -> None:
    """Buy as a guest: from the home page to the Pay button."""
    add_to_cart(page, shop, "3.6 g")
    page.goto(f"{shop}/checkout/")
    fill_contact(page, "dana@example.com")
    agree(page)
    fill_card(page, card)
    pay(page)


def agree(page: Page) -> None:
    """Accept the policies."""
    page.get_by_role("checkbox", name="I have read and accept").check()


def pay(page: Page) -> None:
    """Press Pay. Scrolling first, since Chromium may still see Stripe's frame at the old place."""
    button = page.get_by_role("button", name="Pay")
    button.hover()
    button.click()


def answer_bank(page: Page, button: str) -> None:
    """Press a button of the bank's page."""
    page.frame_locator(BANK).get_by_role("button", name=button).click()


def log_in_as_staff(page: Page, shop: str, email: str, password: str) -> None:
    """Log in on the way to the admin."""
    page.goto(f"{shop}/admin/")
    page.get_by_role("main").get_by_label("Email address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page).to_have_url(f"{shop}/admin/")


def open_email(page: Page, shop: str, subject: str) -> None:
    """Reload the demo mailbox until the email has arrived, then open it."""
    page.goto(f"{shop}/demo/mailbox/")
    link = page.get_by_role("link", name=subject)
    for _ in range(60):
        if link.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    link.first.click()
