"""Uses of offers and vouchers belong to a row, not to its name: renamed, deleted, created again."""

from decimal import Decimal
from typing import Any

import pytest
from oscar.apps.voucher.models import Voucher, VoucherApplication

from checkout.offers.models import ConditionalOffer
from checkout.order.errors import OfferUsedUp
from checkout.order.models import Order
from checkout.order.reservations import release, reserve_again
from tests.checkout.factories import make_offer, make_voucher


def offer_counts(offer: ConditionalOffer) -> tuple[int, int, Decimal, str]:
    """Uses, orders, total discount and status as stored now."""
    now = ConditionalOffer.objects.get(pk=offer.pk)
    return now.num_applications, now.num_orders, now.total_discount, now.status


def voucher_counts(voucher: Voucher) -> tuple[int, Decimal, int]:
    """Orders, total discount and recorded uses as stored now."""
    now = Voucher.objects.get(pk=voucher.pk)
    return now.num_orders, now.total_discount, now.applications.count()


UNUSED, USED = (0, 0, Decimal("0.00"), "Open"), (1, 1, Decimal("5.00"), "Consumed")


@pytest.fixture
def autumn(shop: None) -> ConditionalOffer:
    """10% off, once."""
    return make_offer("Autumn", max_global_applications=1)


@pytest.fixture
def made(autumn: ConditionalOffer, order: Any, product: Any) -> Order:
    """A pending order of 49.95 CAD with the only use of the offer."""
    return order(product())


def rename(offer: ConditionalOffer, name: str) -> None:
    """Rename as staff do, with all fields of the form."""
    current = ConditionalOffer.objects.get(pk=offer.pk)
    current.name = name
    current.save()


def test_use_of_a_renamed_offer_is_released_and_reserved_again(autumn: Any, made: Order):
    # Mutation: _locked() looked offers up by offer_name: the use stayed counted after release
    assert offer_counts(autumn) == USED
    rename(autumn, "Fall")
    release(made, reopen_basket=True)
    assert offer_counts(autumn) == UNUSED
    reserve_again(made)
    assert offer_counts(autumn) == USED
    row = made.discounts.get()
    assert (row.offer_id, row.offer_name, row.released) == (autumn.pk, "Autumn", False)


def test_another_offer_that_took_the_name_keeps_its_uses(autumn: Any, made: Order):
    # Mutation: as above: the new "Autumn" lost the use that it had from another order
    rename(autumn, "Fall")
    other = make_offer("Autumn")
    ConditionalOffer.objects.filter(pk=other.pk).update(
        num_applications=1, num_orders=1, total_discount="5.00"
    )
    release(made, reopen_basket=True)
    assert offer_counts(other) == (1, 1, Decimal("5.00"), "Open")
    assert offer_counts(autumn) == UNUSED


def test_offer_created_again_does_not_take_over_uses(autumn: Any, made: Order):
    # Mutation: as above: the late payment took a use of the new offer
    ConditionalOffer.objects.get(pk=autumn.pk).delete()
    again = make_offer("Autumn", max_global_applications=1)
    release(made, reopen_basket=True)
    assert offer_counts(again) == UNUSED
    with pytest.raises(OfferUsedUp):
        reserve_again(made)
    assert offer_counts(again) == UNUSED
    assert made.discounts.get().released


def test_discount_of_a_first_order_is_not_used_twice(shop: None, order: Any, product: Any):
    # Mutation: redeem_offers() did not check: two carts ordered at once both had the discount
    offer = make_offer("Welcome", eligibility="first-order")
    made = order(product())
    release(made, reopen_basket=True)
    Order.objects.update(status="expired")
    reserve_again(made)
    release(made, reopen_basket=True)
    order(product("Other plane"))
    counts = offer_counts(offer)
    assert counts[:2] == (1, 1)
    with pytest.raises(OfferUsedUp):
        reserve_again(made)
    assert offer_counts(offer) == counts


def test_voucher_use_follows_the_voucher_when_its_code_changes(
    shop: None, order: Any, cart: Any, product: Any
):
    # Mutation: vouchers were looked up by code: FLY26 stayed used, and FLY's only use was freed
    voucher = make_voucher("FLY", usage="Single use")
    made = order(basket=cart(product(price="50.00"), vouchers=[voucher]))
    assert voucher_counts(voucher) == (1, Decimal("5.00"), 1)
    voucher = Voucher.objects.get(pk=voucher.pk)
    voucher.code, voucher.name = "FLY26", "Flying 2026"
    voucher.save()
    other = make_voucher("FLY", usage="Single use", offer=make_offer("Other", offer_type="Voucher"))
    Voucher.objects.filter(pk=other.pk).update(num_orders=1, total_discount="5.00")
    VoucherApplication.objects.create(voucher=other, order=order(product("Other plane")))
    release(made, reopen_basket=True)
    assert voucher_counts(voucher) == (0, Decimal("0.00"), 0)
    assert voucher_counts(other) == (1, Decimal("5.00"), 1)
    reserve_again(made)
    assert voucher_counts(voucher) == (1, Decimal("5.00"), 1)
    assert voucher_counts(other) == (1, Decimal("5.00"), 1)
    row = made.discounts.get()
    assert (row.voucher_id, row.voucher_code) == (voucher.pk, "FLY")


def test_deleted_voucher_does_not_stop_a_release(shop: None, order: Any, cart: Any, product: Any):
    # Mutation: _count() without "if offer is not None": AttributeError, and the order never expired
    voucher = make_voucher("FLY")
    made = order(basket=cart(product(), vouchers=[voucher]))
    ConditionalOffer.objects.all().delete()
    Voucher.objects.all().delete()
    release(made, reopen_basket=True)
    row = made.discounts.get()
    assert (row.released, row.voucher_code, row.amount) == (True, "FLY", Decimal("5.00"))


def test_released_use_does_not_count_for_its_customer(alice: Any, order: Any, product: Any):
    # Mutation: get_num_user_applications() without in_use(): Alice could never use it again
    offer = make_offer("Once each", max_user_applications=1)
    made = order(product(), user=alice)
    now = ConditionalOffer.objects.get(pk=offer.pk)
    assert (now.get_num_user_applications(alice), now.get_max_applications(alice)) == (1, 0)
    release(made, reopen_basket=True)
    now = ConditionalOffer.objects.get(pk=offer.pk)
    assert (now.get_num_user_applications(alice), now.get_max_applications(alice)) == (0, 1)


def test_uses_are_counted_for_each_customer(alice: Any, bob: Any, order: Any, product: Any):
    # Mutation: the cache ignored the user: Bob was counted as having used what Alice used
    offer = make_offer("Once each", max_user_applications=1)
    order(product(), user=alice)
    now = ConditionalOffer.objects.get(pk=offer.pk)
    assert [now.get_num_user_applications(user) for user in (alice, bob, alice)] == [1, 0, 1]
    assert [now.get_max_applications(user) for user in (alice, bob)] == [0, 1]
