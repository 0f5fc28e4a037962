"""Placing an order: once, completely, and only as the shopper accepted it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from oscar.apps.voucher.models import Voucher, VoucherApplication

from accounts.mail.models import Message
from catalog.partner.models import StockRecord
from checkout.offers.models import Benefit, Condition, ConditionalOffer, Range
from checkout.order import errors
from checkout.order.models import Order
from checkout.order.numbers import is_order_number
from checkout.order.reservations import release, reserve_again
from checkout.placement.services import place_order
from policies.models import Acceptance, PolicyVersion
from policies.workflow import adopt
from tests.catalog import stock
from tests.checkout.conftest import quote_for
from tests.checkout.placement.placed_rows import unchanged


@pytest.fixture
def offer(db: None) -> Any:
    """Make offers on all products: a percentage, or on shipping."""

    def make(name: str = "Autumn", *, kind: str = "Percentage", value: str = "10", **more: Any):
        all_goods, _ = Range.objects.get_or_create(name="All", includes_all_products=True)
        condition = Condition.objects.create(range=all_goods, type="Count", value=1)
        on = None if kind.startswith("Shipping") else all_goods
        benefit = Benefit.objects.create(range=on, type=kind, value=Decimal(value))
        return ConditionalOffer.objects.create(
            name=name, condition=condition, benefit=benefit, **more
        )

    return make


@pytest.fixture
def voucher(offer: Any) -> Any:
    """Make discount codes of 10%."""

    def make(code: str = "FLY", usage: str = Voucher.SINGLE_USE) -> Voucher:
        now = timezone.now()
        made = Voucher.objects.create(
            name=code, code=code, usage=usage, start_datetime=now - timezone.timedelta(days=1),
            end_datetime=now + timezone.timedelta(days=1),
        )  # fmt: skip
        made.offers.add(offer(f"Voucher {code}", offer_type="Voucher"))
        return made

    return make


@pytest.mark.promise("delivery-fixed")
def test_placed_order_is_complete_and_pending(product: Any, cart: Any, order: Any):
    plane, ladybird = product(stock=5), product("Ladybird", price="19.99", stock=1)
    basket = cart((plane, 2), ladybird)
    made = order(basket=basket)
    assert (made.status, made.placed_at, made.currency) == ("pending", None, "CAD")
    assert is_order_number(made.number)
    assert (made.total_excl_tax, made.total_incl_tax) == (Decimal("131.39"), Decimal("145.84"))
    assert [(row.title, row.quantity, row.line_price_excl_tax) for row in made.lines.all()] == [
        ("Butterfly", 2, Decimal("99.90")),
        ("Ladybird", 1, Decimal("19.99")),
    ]
    taxed = [(row.component, row.line_id is None, row.amount) for row in made.tax_lines.all()]
    assert taxed == [
        ("GST", False, Decimal("5.00")), ("GST", False, Decimal("1.00")),
        ("GST", True, Decimal("0.57")), ("PST", False, Decimal("5.99")),
        ("PST", False, Decimal("1.20")), ("PST", True, Decimal("0.69")),
    ]  # fmt: skip
    assert made.shipping_incl_tax == Decimal("12.76")
    assert sum(row.line_price_incl_tax for row in made.lines.all()) + made.shipping_incl_tax == (
        made.total_incl_tax
    )
    held = StockRecord.objects.order_by("pk").values_list("num_in_stock", "num_allocated")
    assert list(held) == [(5, 2), (1, 1)]
    attempt = made.attempts.get()
    assert (attempt.amount_cents, attempt.currency, attempt.state) == (14584, "CAD", "open")
    assert attempt.expires_at - made.date_placed == timezone.timedelta(minutes=10)
    basket.refresh_from_db()
    assert basket.status == "Submitted"
    assert not Message.objects.exists()  # no email before payment


@pytest.mark.promise("texts-stay", "agreed-version")
def test_order_keeps_the_accepted_policies(order: Any, accepted: Any):
    made = order()
    agreed = Acceptance.objects.get()
    assert (agreed.subject, agreed.version_id) == (f"order:{made.number}", accepted[0][0])
    assert agreed.label == "I accept how payment works."
    address = made.shipping_address
    assert (address.line1, address.line4, address.state) == ("12 Elm Street", "Saskatoon", "SK")
    assert made.guest_email == "dana@example.com"


def test_order_numbers_are_sequential(order: Any, cart: Any, product: Any):
    cart(product())  # a cart that is never ordered
    first, second = order(), order()
    assert int(second.number[:-1]) == int(first.number[:-1]) + 1


@pytest.mark.promise("once-only")
def test_second_call_returns_the_same_order(product: Any, cart: Any, details: Any):
    basket = cart(product(stock=5))
    shown = quote_for(basket, details).fingerprint
    first = place_order(basket=basket, details=details, fingerprint=shown)
    before = unchanged()
    assert place_order(basket=basket, details=details, fingerprint="stale") == first
    assert unchanged() == before


@pytest.mark.promise("nothing-unseen")
def test_changed_price_is_rejected(product: Any, cart: Any, details: Any):
    plane = product()
    basket = cart(plane)
    shown = quote_for(basket, details).fingerprint
    plane.stockrecords.update(price=Decimal("59.95"))
    before = unchanged()
    with pytest.raises(errors.CartChanged) as refusal:
        place_order(basket=basket, details=details, fingerprint=shown)
    assert refusal.value.quote.subtotal == Decimal("59.95")
    assert unchanged() == before


def test_forged_fingerprint_is_rejected(product: Any, cart: Any, details: Any):
    basket = cart(product())
    before = unchanged()
    with pytest.raises(errors.CartChanged):
        place_order(basket=basket, details=details, fingerprint="0" * 64)
    assert unchanged() == before


def test_quantity_above_stock_says_how_many_are_left(product: Any, cart: Any, details: Any):
    plane = product(stock=3)
    basket = cart((plane, 3))
    shown = quote_for(basket, details).fingerprint
    stock.commit(2, *plane.stockrecords.all())
    before = unchanged()
    with pytest.raises(errors.OutOfStock, match="Only 1 of Butterfly left"):
        place_order(basket=basket, details=details, fingerprint=shown)
    assert unchanged() == before


@pytest.mark.promise("stock-kept")
def test_last_unit_goes_to_one_cart(product: Any, cart: Any, order: Any, details: Any):
    plane = product(stock=1)
    late = cart(plane)
    shown = quote_for(late, details).fingerprint
    order(plane)
    before = unchanged()
    with pytest.raises(errors.OutOfStock, match="Butterfly has just sold out. Nothing was charged"):
        place_order(basket=late, details=details, fingerprint=shown)
    assert unchanged() == before


def test_backorder_needs_no_stock(product: Any, order: Any):
    made = order(product(stock=0, backorder=True), early_charge=True)
    assert made.lines.get().num_allocated == 1


@pytest.mark.parametrize("change", [{"is_public": False}, {"discontinued_on": date(2026, 1, 1)}])
def test_withdrawn_product_cannot_be_ordered(
    change: dict[str, Any], product: Any, cart: Any, details: Any
):
    plane = product()
    basket = cart(plane)
    shown = quote_for(basket, details).fingerprint
    type(plane).objects.filter(pk=plane.pk).update(**change)
    before = unchanged()
    with pytest.raises(errors.OutOfStock):
        place_order(basket=basket, details=details, fingerprint=shown)
    assert unchanged() == before


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"accepted": []}, errors.PolicyNotAccepted),
        ({"shipping_code": ""}, errors.NoShippingMethod),
        ({"shipping_code": "us-parcel"}, errors.NoShippingMethod),
        ({"province": ""}, errors.NoShippingMethod),
    ],
)
def test_missing_details_are_rejected_by_name(
    product: Any, cart: Any, details: Any, change: Any, error: type[Exception]
):
    basket, wrong = cart(product()), replace(details, **change)
    before = unchanged()
    with pytest.raises(error):
        place_order(basket=basket, details=wrong, fingerprint=quote_for(basket, wrong).fingerprint)
    assert unchanged() == before


@pytest.mark.promise("agreed-version")
def test_replaced_policy_version_is_not_accepted(product: Any, cart: Any, details: Any):
    basket = cart(product())
    policy = PolicyVersion.objects.get().policy
    adopt(policy, "Pay by card, in advance.")
    before = unchanged()
    with pytest.raises(errors.PolicyNotAccepted):
        place_order(
            basket=basket, details=details, fingerprint=quote_for(basket, details).fingerprint
        )
    assert unchanged() == before


def test_empty_cart_cannot_be_ordered(cart: Any, details: Any, shop: None):
    with pytest.raises(errors.EmptyCart):
        place_order(basket=cart(), details=details, fingerprint="")
    assert not Order.objects.exists()


def test_offer_is_deducted_and_counted(offer: Any, order: Any):
    autumn = offer()
    made = order()
    row = made.discounts.get()
    assert (row.offer_name, row.amount, row.frequency) == ("Autumn", Decimal("5.00"), 1)
    assert made.lines.get().line_price_excl_tax == Decimal("44.95")
    autumn.refresh_from_db()
    assert (autumn.num_orders, autumn.total_discount) == (1, Decimal("5.00"))


def test_shipping_offer_lowers_shipping_and_its_tax(offer: Any, order: Any):
    offer("Post is on us", kind="Shipping percentage", value="100")
    made = order()
    assert (made.shipping_excl_tax, made.shipping_incl_tax) == (0, 0)
    row = made.discounts.get()
    assert (row.category, row.amount) == ("Shipping", Decimal("11.50"))
    assert made.total_incl_tax == Decimal("55.45")


def test_last_use_of_an_offer_goes_to_one_order(offer: Any, product: Any, cart: Any, details: Any):
    autumn = offer(max_global_applications=1)
    first, second = cart(product()), cart(product())
    shown = quote_for(second, details).fingerprint
    place_order(basket=first, details=details, fingerprint=quote_for(first, details).fingerprint)
    autumn.refresh_from_db()
    assert autumn.status == "Consumed"
    before = unchanged()
    with pytest.raises(errors.CartChanged):  # priced again without the offer
        place_order(basket=second, details=details, fingerprint=shown)
    assert unchanged() == before


def test_single_use_code_is_released_when_its_order_expires(
    voucher: Any, product: Any, cart: Any, order: Any
):
    code = voucher()
    made = order(basket=cart(product(), vouchers=[code]))
    assert VoucherApplication.objects.get().order == made
    code.refresh_from_db()
    assert (code.num_orders, code.total_discount) == (1, Decimal("5.00"))
    assert code.is_available_to_user(None) == (False, "This voucher has already been used")
    release(made, reopen_basket=True)
    code.refresh_from_db()
    assert (code.num_orders, code.total_discount) == (0, Decimal("0.00"))
    assert code.is_available_to_user(None)[0]
    assert made.discounts.get().voucher_code == "FLY"  # the order still says what it was given


def test_expired_order_releases_once_and_can_be_reserved_again(
    offer: Any, product: Any, order: Any
):
    autumn, plane = offer(max_global_applications=1), product(stock=1)
    made = order(plane)
    release(made, reopen_basket=True)
    release(made, reopen_basket=True)
    autumn.refresh_from_db()
    assert (autumn.num_applications, autumn.status) == (0, "Open")
    assert plane.stockrecords.get().num_allocated == 0
    assert made.basket.__class__.objects.get(pk=made.basket_id).status == "Open"
    reserve_again(made)
    autumn.refresh_from_db()
    assert (autumn.num_applications, autumn.status) == (1, "Consumed")
    assert plane.stockrecords.get().num_allocated == 1
    assert made.lines.get().num_allocated == 1


def test_placing_takes_few_queries(product: Any, cart: Any, details: Any):
    basket = cart(product())
    shown = quote_for(basket, details).fingerprint
    with CaptureQueriesContext(connection) as statements:
        place_order(basket=basket, details=details, fingerprint=shown)
    assert len(statements) <= 24, "\n".join(each["sql"][:120] for each in statements)
