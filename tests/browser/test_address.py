"""The address fields: a list of provinces, and errors before anything is sent."""

import re

from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.stripe_double.control import Double


def test_checkout_lists_provinces_and_shows_errors_at_once(
    page: Page, stocked: str, stripe: Double
) -> None:
    steps.add_to_cart(page, stocked, "3.6 g")
    page.goto(f"{stocked}/checkout/")
    country, postcode = page.get_by_label("Country"), page.get_by_label("Postal or ZIP code")
    page.get_by_label("Province or state").select_option("Ontario")
    postcode.fill("S7H 0S3")
    postcode.blur()
    expect(page.get_by_text("S7H 0S3 is not in Ontario.")).to_be_visible()
    page.get_by_label("Province or state").select_option("SK")
    expect(page.get_by_text("S7H 0S3 is not in Ontario.")).to_have_count(0)
    country.select_option("FR")
    page.get_by_label("Province or state").fill("Bretagne")
    confirm = page.get_by_label("Use the postal code as typed")
    expect(confirm).to_be_visible()
    expect(page.get_by_text("Postal codes in this country look like 33380.")).to_be_visible()
    confirm.check()
    expect(page.get_by_text("Postal codes in this country look like 33380.")).to_have_count(0)
    expect(confirm).to_be_checked()
    country.select_option("PR")
    expect(page.get_by_label("Province or state")).to_have_value("PR")
    expect(page.get_by_text(re.compile("Enter a 5-digit ZIP code"))).to_be_visible()
    expect(confirm).to_be_hidden()
    country.select_option("FR")  # what was typed is still there
    expect(page.get_by_label("Province or state")).to_have_value("Bretagne")
    expect(confirm).not_to_be_checked()
