"""A discount code that ends another offer says so, to shoppers and to staff."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from checkout.offers.admin import competing_offers
from checkout.offers.models import Benefit, ConditionalOffer
from tests.admin_forms import open_form
from tests.checkout.factories import make_offer, make_voucher
from tests.checkout.shopper import add_to_cart, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]


@pytest.fixture
def free_delivery() -> ConditionalOffer:
    offer = make_offer("Free delivery")
    Benefit.objects.filter(pk=offer.benefit_id).update(
        type="Shipping percentage", value=100, range=None
    )
    return ConditionalOffer.objects.get(pk=offer.pk)


def apply(client: Client, code: str) -> str:
    return text(client.post(reverse("basket:voucher-add"), {"code": code}, follow=True))


def test_code_that_ends_free_delivery_says_so(
    client: Client, product: Any, free_delivery: ConditionalOffer
) -> None:
    add_to_cart(client, product())
    make_voucher("SPRING", offer_options={"priority": 5})
    page = apply(client, "spring")
    assert "Discount code SPRING applied" in page
    assert "No longer applied: Free delivery." in page


def test_code_that_is_combined_with_free_delivery_says_nothing(
    client: Client, product: Any, free_delivery: ConditionalOffer
) -> None:
    add_to_cart(client, product())
    voucher = make_voucher("SPRING", offer_options={"priority": 5})
    voucher.offers.get().combinations.add(free_delivery)
    ConditionalOffer.objects.update(exclusive=False)
    page = apply(client, "spring")
    assert "Discount code SPRING applied" in page
    assert "No longer applied" not in page


def test_offer_of_a_code_competes_with_free_delivery_only(free_delivery: ConditionalOffer) -> None:
    """A code is meant to replace another discount of the same products."""
    make_offer("Site", percent="5")
    of_code = make_voucher("SPRING").offers.get()
    assert competing_offers(of_code) == [free_delivery]
    assert {each.name for each in competing_offers(free_delivery)} == {"Site", of_code.name}
    ConditionalOffer.objects.filter(pk=of_code.pk).update(status="Suspended")
    assert [each.name for each in competing_offers(free_delivery)] == ["Site"]


def test_benefit_that_becomes_free_delivery_is_a_warning(staff: Client) -> None:
    make_offer("Site", percent="5")
    other = make_offer("Other", percent="10", status="Open")
    url = reverse("admin:offer_benefit_change", args=[other.benefit_id])
    form = {**open_form(staff, url), "type": "Shipping percentage", "range": ""}
    page = text(staff.post(url, form, follow=True))
    assert "“Other” and “Site” exclude each other on the same items" in page
