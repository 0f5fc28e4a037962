"""Ordering a kit: a line for each component, with its stock and its part of the price."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from catalog.kits.models import KitComponent
from catalog.models import Product
from catalog.partner.models import StockMovement, StockRecord
from checkout.basket.models import Basket
from checkout.basket.services import CartError, add_product, price_basket
from checkout.order.errors import CartChanged, OutOfStock
from checkout.order.models import Order, OrderKit, OrderLineDiscount
from checkout.order.reservations import release, reserve_again
from checkout.placement.drafts import change_customer, create_draft, draft_basket, locked_draft
from checkout.placement.quote_changes import changes_since
from checkout.placement.quote_lines import parts_of, split
from checkout.placement.services import place_order
from microflight.core.money import from_cents
from tests.catalog import stock
from tests.checkout.conftest import quote_for
from tests.checkout.factories import make_offer

pytestmark = pytest.mark.django_db


def record_of(product: Product) -> StockRecord:
    return product.stockrecords.get()


def levels(*products: Product) -> list[tuple[int, int]]:
    return [stock.levels(record_of(product)) for product in products]


def rows_of(order: Order) -> list[tuple[str, int, str, str]]:
    rows = order.lines.order_by("pk")
    return [
        (row.title, row.quantity, str(row.line_price_excl_tax), str(row.line_price_incl_tax))
        for row in rows
    ]


def test_kit_is_ordered_as_its_components(
    order: Any, starter: Any, plane: Any, cell: Any, charger: Any
):
    made = order((starter, 1))
    # 15999 cents by 14900, 1900 and 1600. On 171.49 with shipping, GST of 8.57 and PST of 10.29:
    # by largest remainder 6.47, 0.83, 0.70 (0.57 on shipping) and 7.77, 0.99, 0.84 (0.69)
    assert rows_of(made) == [
        ("Plane", 1, "129.56", "143.80"),
        ("Cell", 2, "16.52", "18.34"),
        ("Charger", 1, "13.91", "15.45"),
    ]
    kit = made.kits.get()
    assert (kit.title, kit.sku, kit.quantity) == ("Starter set", f"MF-{starter.pk}", 1)
    assert (kit.unit_price_excl_tax, kit.product) == (Decimal("159.99"), starter)
    assert {line.kit for line in made.lines.all()} == {kit}
    assert [line.unit_price_excl_tax for line in made.lines.all()] == [None] * 3
    assert levels(plane, cell, charger, starter) == [(7, 1), (20, 2), (9, 1), (0, 0)]
    assert made.lines.first().options == "Part of Starter set"


def test_several_kits_and_loose_components_share_stock_once(
    order: Any, starter: Any, plane: Any, cell: Any, charger: Any
):
    made = order((starter, 2), (cell, 3))
    assert [(row.title, row.quantity) for row in made.lines.order_by("pk")] == [
        ("Plane", 2), ("Cell", 4), ("Charger", 2), ("Cell", 3),
    ]  # fmt: skip
    assert levels(plane, cell, charger, starter) == [(7, 2), (20, 7), (9, 2), (0, 0)]
    sales = StockMovement.objects.filter(type="sale").values_list("committed_change", flat=True)
    assert sorted(sales) == [2, 2, 3, 4]
    assert sum(row.line_price_excl_tax for row in made.lines.filter(kit__isnull=False)) == Decimal(
        "319.98"
    )


def test_discounts_are_divided_over_the_components(order: Any, starter: Any):
    make_offer("Ten off", percent="10")
    made = order((starter, 1))
    lines = made.lines.order_by("pk")
    assert sum(line.line_price_before_discounts_excl_tax for line in lines) == Decimal("159.99")
    assert sum(line.line_price_excl_tax for line in lines) == Decimal("143.99")
    shares = OrderLineDiscount.objects.order_by("line_id").values_list("line_id", "amount")
    assert list(shares) == [(line.pk, line.discount_excl_tax) for line in lines]
    assert made.discounts.get().amount == Decimal("16.00")


@pytest.mark.parametrize("short", ["plane", "cell", "charger"])
def test_kit_without_stock_of_a_component_is_not_ordered(
    order: Any, cart: Any, details: Any, starter: Any, short: str, request: Any
):
    basket = cart((starter, 1))
    shown = quote_for(basket, details).fingerprint
    stock.put(1 if short == "cell" else 0, record_of(request.getfixturevalue(short)))
    with pytest.raises(OutOfStock):
        place_order(basket=basket, details=details, fingerprint=shown)
    assert not Order.objects.exists()
    assert not OrderKit.objects.exists()
    assert set(StockRecord.objects.values_list("num_allocated", flat=True)) <= {None, 0}


def test_kit_and_loose_unit_cannot_share_the_last_one(
    cart: Any, details: Any, starter: Any, plane: Any
):
    stock.put(1, record_of(plane))
    basket = cart((starter, 1), (plane, 1))
    errors = [line.stock_error for line in basket.all_lines()]
    assert errors == ["Only 1 of Plane left for all items of your cart."] * 2
    shown = quote_for(basket, details).fingerprint
    with pytest.raises(OutOfStock, match="Plane"):
        place_order(basket=basket, details=details, fingerprint=shown)
    assert levels(plane) == [(1, 0)]


def test_cart_takes_no_more_kits_than_the_scarcest_component(starter: Any, charger: Any):
    stock.put(2, record_of(charger))
    basket = Basket()
    price_basket(basket, None)
    with pytest.raises(CartError, match="Only 2 left"):
        add_product(basket=basket, product_id=starter.pk, quantity=3, user=None)
    line = add_product(basket=basket, product_id=starter.pk, quantity=2, user=None)
    assert (line.quantity, line.price_excl_tax) == (2, Decimal("159.99"))


def test_kit_without_components_cannot_be_ordered(cart: Any, details: Any, starter: Any):
    basket = cart((starter, 1))
    shown = quote_for(basket, details).fingerprint
    KitComponent.objects.all().delete()
    with pytest.raises(OutOfStock, match="Starter set"):
        place_order(basket=Basket.objects.get(pk=basket.pk), details=details, fingerprint=shown)
    assert not Order.objects.exists()


def test_changed_contents_are_shown_before_the_order_is_placed(
    cart: Any, details: Any, starter: Any, cell: Any
):
    basket = cart((starter, 1))
    shown = quote_for(basket, details)
    KitComponent.objects.filter(component=cell).update(quantity=1)
    with pytest.raises(CartChanged) as changed:
        place_order(
            basket=Basket.objects.get(pk=basket.pk), details=details, fingerprint=shown.fingerprint
        )
    assert changes_since(shown.signed, changed.value.quote) == [
        "Starter set has other contents now."
    ]
    assert not Order.objects.exists()


def test_expired_order_releases_components_and_reserves_them_again(
    order: Any, starter: Any, plane: Any, cell: Any
):
    made = order((starter, 2))
    release(made, reopen_basket=False)
    assert levels(plane, cell) == [(7, 0), (20, 0)]
    release(made, reopen_basket=False)
    assert levels(plane, cell) == [(7, 0), (20, 0)]
    reserve_again(made)
    assert levels(plane, cell) == [(7, 2), (20, 4)]


def test_draft_is_written_again_without_leftovers(
    details: Any, starter: Any, cell: Any, order: Any
):
    draft = create_draft(details=details, channel="phone", by=None)
    basket = draft_basket(draft)
    basket.add_product(starter, 1)
    basket.add_product(cell, 1)
    draft.manual_discount, draft.discount_reason = Decimal("10.00"), "Club"
    draft.save()
    for _ in range(2):
        change_customer(locked_draft(draft), details, None)
    assert draft.kits.count() == 1
    assert [row[:2] for row in rows_of(draft)] == [
        ("Plane", 1), ("Cell", 2), ("Charger", 1), ("Cell", 1),
    ]  # fmt: skip
    shares = OrderLineDiscount.objects.filter(line__order=draft)
    assert sum(share.amount for share in shares) == Decimal("10.00")
    assert {share.line_id: share.amount for share in shares} == {
        line.pk: line.discount_excl_tax for line in draft.lines.all()
    }
    assert set(draft.lines.values_list("num_allocated", flat=True)) == {0}


def test_kit_adds_few_queries_and_other_orders_none(
    cart: Any, details: Any, starter: Any, plane: Any, cell: Any, charger: Any
):
    def queries(*wanted: Any) -> int:
        basket = cart(*wanted)
        shown = quote_for(basket, details).fingerprint
        fresh = Basket.objects.get(pk=basket.pk)
        with CaptureQueriesContext(connection) as captured:
            place_order(basket=fresh, details=details, fingerprint=shown)
        return len(captured)

    loose = queries((plane, 1), (cell, 2), (charger, 1))
    loose = queries((plane, 1), (cell, 2), (charger, 1))  # everything is compiled
    # the three of the components, and the one that creates the kit
    assert queries((starter, 1)) - loose == 4


# --- Properties ----------------------------------------------------------------------------------


class _Row:
    """A component with its separate price."""

    def __init__(self, price: Decimal, quantity: int) -> None:
        self.price, self.quantity = price * quantity, quantity
        self.component = self.stockrecord = None


class _Kit:
    is_kit = True

    def __init__(self, components: list[_Row]) -> None:
        self.components = components


class _Line:
    def __init__(self, components: list[_Row], quantity: int) -> None:
        self.product, self.quantity = _Kit(components), quantity


CENTS = st.integers(0, 99_999_99).map(from_cents)
ROWS = st.lists(st.builds(_Row, CENTS, st.integers(1, 100)), min_size=1, max_size=12)


@given(ROWS, st.integers(0, 9_999_999), st.integers(1, 500), st.data())
def test_parts_add_up_and_none_costs_more_after_discounts(
    rows: list[_Row], cents: int, quantity: int, data: Any
):
    unit = from_cents(cents)
    amount = unit * quantity
    net = from_cents(data.draw(st.integers(0, cents * quantity)))
    parts = parts_of(_Line(rows, quantity), unit, amount, net)
    assert sum(part.amount for part in parts) == amount
    assert sum(part.net for part in parts) == net
    assert all(0 <= part.net <= part.amount for part in parts)
    assert [part.quantity for part in parts] == [row.quantity * quantity for row in rows]


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=9), st.data())
def test_discounts_are_split_until_nothing_is_left(left: list[int], data: Any):
    total, rest = sum(left), list(left)
    first = data.draw(st.integers(0, total))
    shares = [split(from_cents(first), rest), split(from_cents(total - first), rest)]
    assert rest == [0] * len(left)
    assert [sum(pair) for pair in zip(*shares, strict=True)] == [from_cents(each) for each in left]
    assert all(share >= 0 for each in shares for share in each)


def test_part_does_not_cost_more_with_a_discount_than_without():
    # Alabama paradox: of 11 cents, the third part gets 1; of 10, it would get 2
    rows = [_Row(Decimal(price), 1) for price in (6, 6, 2)]
    parts = parts_of(_Line(rows, 1), Decimal("0.11"), Decimal("0.11"), Decimal("0.10"))
    assert [part.amount for part in parts] == [Decimal("0.05"), Decimal("0.05"), Decimal("0.01")]
    assert [part.net for part in parts] == [Decimal("0.05"), Decimal("0.04"), Decimal("0.01")]
