"""Limits per customer count by account and by email, also for guests."""

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from oscar.apps.voucher.models import Voucher

from accounts.users.models import User
from checkout.basket.services import CartError
from checkout.basket.vouchers import add_voucher
from checkout.offers.customers import email_key
from checkout.offers.models import ConditionalOffer
from checkout.order import errors
from checkout.order.models import Order
from checkout.order.reservations import release
from checkout.placement.services import place_order
from tests.checkout.conftest import needs_postgres, quote_for
from tests.checkout.factories import make_offer, make_voucher
from tests.checkout.placement.placed_rows import unchanged
from tests.checkout.shopper import add_to_cart, checkout_form, press_pay, text
from tests.concurrency import run_concurrently


@pytest.mark.parametrize(
    ("email", "key"),
    [
        ("Dana@Example.COM", "dana@example.com"),
        (" dana+shop@example.com ", "dana@example.com"),
        ("dana+a+b@example.com", "dana@example.com"),
        ("da.na@example.com", "da.na@example.com"),
        ("D.a.Na+x@googlemail.com", "dana@gmail.com"),
        ("dana@bücher.example", "dana@xn--bcher-kva.example"),
        ("+dana@example.com", "+dana@example.com"),
        ("dana", ""),
        ("@example.com", ""),
        ("", ""),
    ],
)
def test_email_key_drops_what_its_owner_can_vary(email: str, key: str):
    assert email_key(email) == key


@pytest.fixture
def offer(shop: None) -> ConditionalOffer:
    """10% off, once per customer."""
    return make_offer("Welcome", max_user_applications=1, max_basket_applications=1)


def _discounts(order: Order) -> list[str]:
    return [f"{each.offer_name} {each.amount}" for each in order.discounts.all()]


@pytest.mark.parametrize("again", ["dana@example.com", "DANA@Example.com", "dana+2@example.com"])
def test_guest_gets_a_limited_offer_once(
    order: Any, product: Any, cart: Any, details: Any, offer: ConditionalOffer, again: str
):
    # Mutation: counted by account only, the second order got the discount, too
    assert _discounts(order()) == ["Welcome 5.00"]
    basket = cart(product())
    shown = quote_for(basket, replace(details, email="someone@example.com"))
    assert [each.name for each in shown.discounts] == ["Welcome"]
    mine, before = replace(details, email=again), unchanged()
    with pytest.raises(errors.CartChanged) as changed:
        place_order(basket=basket, details=mine, fingerprint=shown.fingerprint)
    assert unchanged() == before
    assert changed.value.quote.discounts == ()
    assert quote_for(basket, mine).fingerprint == changed.value.quote.fingerprint
    assert _discounts(order(basket=basket, email=again)) == []


def test_another_guest_gets_the_offer(order: Any, offer: ConditionalOffer):
    order()
    assert _discounts(order(email="bob@example.com")) == ["Welcome 5.00"]


def test_offer_twice_per_customer_is_applied_twice(order: Any, offer: ConditionalOffer):
    ConditionalOffer.objects.update(max_user_applications=2)
    assert [_discounts(order()) for _ in range(3)] == [["Welcome 5.00"], ["Welcome 5.00"], []]


def test_cancelled_order_frees_its_use(order: Any, offer: ConditionalOffer):
    release(order(), reopen_basket=False)
    assert _discounts(order()) == ["Welcome 5.00"]


def test_account_and_guest_with_its_email_share_the_limit(
    order: Any, offer: ConditionalOffer, alice: User, bob: User
):
    assert _discounts(order(user=alice, email="work@example.com")) == ["Welcome 5.00"]
    assert _discounts(order(email="Alice@example.com")) == []  # her account's
    assert _discounts(order(email="work@example.com")) == []  # her contact email
    assert _discounts(order(user=alice, email="third@example.com")) == []
    assert _discounts(order(user=bob, email="work@example.com")) == []
    assert _discounts(order(user=bob, email="bob@example.com")) == ["Welcome 5.00"]


def test_guest_who_opens_an_account_does_not_get_the_offer_again(
    order: Any, offer: ConditionalOffer, alice: User
):
    order(email="alice+shop@example.com")
    assert _discounts(order(user=alice, email="new@example.com")) == []


def test_voucher_once_per_customer_counts_the_email_of_another_account(
    order: Any, cart: Any, product: Any, alice: User, bob: User
):
    voucher = make_voucher("WELCOME", usage=Voucher.ONCE_PER_CUSTOMER)
    used = order(basket=cart(product(), owner=alice, vouchers=[voucher]), user=alice)
    assert _discounts(used) == ["Voucher WELCOME 5.00"]
    User.objects.filter(pk=bob.pk).update(email="alice+2@example.com")
    with pytest.raises(CartError, match="WELCOME has already been used"):
        add_voucher(
            basket=(basket := cart(product(), owner=bob)),
            code="WELCOME",
            user=User.objects.get(pk=bob.pk),
        )
    assert basket.vouchers.count() == 0


def test_checkout_page_removes_the_discount_once_the_email_is_known(
    client: Client,
    product: Any,
    order: Any,
    offer: ConditionalOffer,
    stripe_double: Any,
):
    order()
    add_to_cart(client, product())
    form = checkout_form(client)
    assert "Welcome" in text(client.get(reverse("basket:summary")))
    assert "Welcome" not in text(client.post("/checkout/quote/", form))
    other = text(client.post("/checkout/quote/", form | {"email": "bob@example.com"}))
    assert "Welcome" in other
    assert press_pay(client, form, stripe_double).json()["outcome"] == "placed"
    assert _discounts(Order.objects.latest("pk")) == []


def _placing(basket: Any, details: Any) -> Any:
    """Return a job that places the order that the page shows now."""
    shown = quote_for(basket, details).fingerprint
    return lambda: place_order(basket=basket, details=details, fingerprint=shown)


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_two_orders_at_once_with_one_email_use_the_offer_once(
    cart: Any, product: Any, details: Any, offer: ConditionalOffer
):
    # Mutation: with the limit checked before the offer's lock, both orders had the discount
    needs_postgres()
    emails = ["dana@example.com", "Dana+1@example.com", "DANA@example.com"]
    jobs = [_placing(cart(product(email)), replace(details, email=email)) for email in emails]
    results = run_concurrently(*jobs)
    placed = [each for each in results if isinstance(each, Order)]
    assert [_discounts(each) for each in placed] == [["Welcome 5.00"]]
    rejected = [each for each in results if not isinstance(each, Order)]
    assert {type(each) for each in rejected} <= {errors.OfferUsedUp, errors.CartChanged}
    assert ConditionalOffer.objects.get().num_applications == 1
