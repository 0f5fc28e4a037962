"""Merging carts keeps the limits of one cart."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from checkout.basket.models import MAX_VOUCHERS, Basket
from checkout.basket.services import MAX_ITEMS, CartError, change_quantities, restore_expired_cart
from checkout.basket.vouchers import add_voucher
from checkout.order import errors
from checkout.placement.services import place_order
from tests.checkout.conftest import quote_for
from tests.checkout.factories import make_offer, make_product, make_voucher
from tests.checkout.shopper import add_to_cart, cart_text, text
from tests.concurrency import run_concurrently

CODES = ("A", "B", "C", "D", "E")


@pytest.fixture
def codes(db: None) -> dict[str, Any]:
    """Five discount codes."""
    return {
        code: make_voucher(code, offer=make_offer(f"Offer {code}", "1", offer_type="Voucher"))
        for code in CODES
    }


def add(basket: Basket, codes: dict[str, Any], chosen: str) -> None:
    """Add codes to a cart, one after the other."""
    for code in chosen:
        basket.vouchers.add(codes[code])


def codes_on(basket: Basket) -> list[str]:
    rows = Basket.vouchers.through.objects.filter(basket=basket).order_by("pk")
    return [row.voucher.code for row in rows.select_related("voucher")]


@pytest.mark.parametrize(
    ("own", "other", "kept", "left_out"),
    [
        ("ABC", "DE", "ABC", "DE"),
        ("AB", "CDE", "ABC", "DE"),
        ("", "ABCD", "ABC", "D"),
        ("AB", "BC", "ABC", ""),
        ("A", "A", "A", ""),
    ],
)
def test_merged_cart_keeps_at_most_three_codes(
    codes: Any, own: str, other: str, kept: str, left_out: str
):
    # Mutation: Basket.merge() removed: five codes, of which three is the limit
    assert MAX_VOUCHERS == 3
    first, second = Basket.objects.create(), Basket.objects.create()
    add(first, codes, own)
    add(second, codes, other)
    first.merge(second, add_quantities=False)
    assert sorted(codes_on(first)) == list(kept)
    assert list(first.left_out) == list(left_out)


def test_login_says_which_codes_were_left_out(codes: Any, alice: Any, client: Client):
    # Mutation: open_basket() without the message: two codes were gone without a word
    product = make_product(price="50.00")
    own = Basket.objects.create(owner=alice)
    add(own, codes, "ABC")
    add_to_cart(client, product)
    guest = Basket.objects.exclude(pk=own.pk).get()
    add(guest, codes, "DE")
    client.force_login(alice)
    page = cart_text(client)
    assert "You can use up to 3 discount codes. Left out: D, E." in page
    assert codes_on(own) == ["A", "B", "C"]
    assert "Left out" not in cart_text(client)


def test_cart_of_an_expired_order_comes_back_within_the_limit(codes: Any, cart: Any):
    product = make_product()
    basket, expired = cart(product), cart(product)
    add(basket, codes, "AB")
    add(expired, codes, "CD")
    assert restore_expired_cart(basket=basket, expired=expired, user=None) != []
    assert codes_on(basket) == ["A", "B", "C"]


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_concurrent_codes_stay_within_the_limit(codes: Any, cart: Any, needs_postgres: None):
    # Mutation: add_voucher() without lock_basket(): four codes
    product = make_product(price="50.00")
    basket = cart(product)
    add(basket, codes, "AB")

    def enter(code: str) -> Any:
        from catalog.partner.strategy import Selector  # noqa: PLC0415 (in its own thread)

        mine = Basket.objects.get(pk=basket.pk)
        mine.strategy = Selector().strategy()
        return add_voucher(basket=mine, code=code, user=None)

    run_concurrently(lambda: enter("C"), lambda: enter("D"), lambda: enter("E"))
    assert len(codes_on(basket)) <= MAX_VOUCHERS


@pytest.fixture
def too_many(alice: Any, client: Client) -> Basket:
    """Alice's cart with three items more than the limit, after her guest's cart was merged."""
    products = [make_product(f"Rod {n}", price="1.00", stock=1_000) for n in range(2)]
    own = Basket.objects.create(owner=alice)
    client.force_login(alice)
    add_to_cart(client, products[0], MAX_ITEMS - 7)
    client.logout()
    add_to_cart(client, products[1], 10)
    client.force_login(alice)
    client.get("/cart/")
    own.refresh_from_db()
    assert own.item_count == MAX_ITEMS + 3
    return own


def test_cart_beyond_the_item_limit_is_not_ordered(too_many: Basket, client: Client):
    # Mutation: _cannot_order() without the limit: the order was placed
    limit = f"A cart holds at most {settings.OSCAR_MAX_BASKET_QUANTITY_THRESHOLD} items."
    response = client.get("/checkout/")
    assert (response.status_code, response.url) == (302, "/cart/")
    assert limit in text(client.get("/cart/"))


def test_placing_rejects_a_cart_beyond_the_item_limit(cart: Any, details: Any, product: Any):
    # Mutation: _checked_quote() without the limit
    basket = cart((product(price="1.00", stock=1_000, weight="0.01"), MAX_ITEMS))
    other = cart((product("Rod", price="1.00"), 1))
    basket.merge(other)
    basket._lines = None
    shown = quote_for(basket, details).fingerprint
    with pytest.raises(errors.TooManyItems):
        place_order(basket=basket, details=details, fingerprint=shown)
    assert Basket.objects.get(pk=basket.pk).status == "Open"


def test_quantity_beyond_the_limit_can_be_lowered_step_by_step(too_many: Basket):
    # Mutation: the limit was compared for lower quantities, too: one less was rejected
    from catalog.partner.strategy import Selector  # noqa: PLC0415

    too_many.strategy = Selector().strategy()
    line = too_many.all_lines()[0]
    lower = line.quantity - 1
    changes = change_quantities(basket=too_many, quantities={line.pk: lower}, user=too_many.owner)
    assert (changes.errors, changes.removed) == ({}, [])
    assert Basket.objects.get(pk=too_many.pk).item_count == MAX_ITEMS + 2


def test_fourth_code_is_rejected(codes: Any, cart: Any):
    basket = cart(make_product(price="50.00"))
    add(basket, codes, "ABC")
    with pytest.raises(CartError, match="You can use up to 3 discount codes"):
        add_voucher(basket=basket, code="D", user=None)
    assert codes_on(basket) == ["A", "B", "C"]
