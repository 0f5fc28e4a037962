"""Orders of products whose stock is not tracked: nothing is reserved, taken or put back."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from catalog.models import Product, ProductClass
from catalog.partner.models import StockMovement, StockRecord
from catalog.partner.strategy import Selector
from checkout.basket import services as cart_services
from checkout.basket.models import Basket
from checkout.fulfilment.partial_cancellation import cancel_items
from checkout.fulfilment.services import cancel_order
from checkout.order.errors import OutOfStock
from checkout.order.models import Line, Order
from checkout.order.reservations import release, reserve_again
from checkout.settlement.services import pay
from tests.catalog.product_facts import add_facts
from tests.checkout.audit.helpers import breaches
from tests.checkout.conftest import token, transactions
from tests.checkout.returns.helpers import approve_and_receive, request_return, ship, stock
from tests.checkout.shopper import add_to_cart, cart_text, checkout_form, press_pay
from tests.stripe_double.control import Double


@pytest.fixture
def course(product: Any) -> Product:
    """A product without stock whose type does not track it."""
    made = product("Course", price="20.00", stock=0)
    ProductClass.objects.update(track_stock=False)
    return Product.objects.get(pk=made.pk)


def moved() -> int:
    """Number of stock movements."""
    return StockMovement.objects.count()


@pytest.mark.parametrize("on_hand", [0, None])
def test_shopper_orders_what_is_not_tracked(
    client: Any, course: Product, accepted: Any, stripe_double: Double, on_hand: int | None
):
    # Mutation: add_product() without the product's type: "Course: Sold out."
    StockRecord.objects.move(num_in_stock=on_hand)
    add_to_cart(client, course, quantity=3)
    page = cart_text(client)
    assert "Course" in page
    assert "Sold out" not in page
    line = Basket.objects.get().lines.get()
    client.post("/cart/update/", {f"quantity-{line.pk}": "5"})
    assert Basket.objects.get().lines.get().quantity == 5
    response = press_pay(client, checkout_form(client), stripe_double)
    assert response.json()["outcome"] == "placed"
    order = Order.objects.get()
    assert (order.status, order.total_excl_tax) == ("placed", Decimal("111.50"))
    row = order.lines.get()
    assert (row.quantity, row.num_allocated, row.stock_tracked) == (5, 0, False)
    assert stock() == [(on_hand, None)]
    assert moved() == 0


def paid_order(course: Product, order: Any, cart: Any, double: Double, quantity: int = 3) -> Order:
    made = order(basket=cart((course, quantity)))
    pay(order=made, confirmation_token=token(double))
    return Order.objects.get(pk=made.pk)


def test_untracked_items_ship_return_and_are_restocked_without_stock(
    course: Product, order: Any, cart: Any, stripe_double: Double, charlie: Any
):
    # Mutation: _is_tracked() always True: two units appeared on hand
    made = paid_order(course, order, cart, stripe_double)
    assert Order.objects.to_ship().get() == made
    assert not Order.objects.backordered().exists()
    ship(made)
    assert transactions(made) == [("authorize", 7937), ("capture", 7937)]
    approve_and_receive(request_return(made, 2), charlie, (2, 0))
    made.refresh_from_db()
    assert (made.status, made.lines.get().returned) == ("shipped", 2)
    assert (stock(), moved()) == ([(0, None)], 0)
    assert breaches() == []


def test_untracked_items_are_restocked_after_their_stock_record_was_deleted(
    course: Product, order: Any, cart: Any, stripe_double: Double, charlie: Any
):
    # Mutation: _check_received() ignored the type: "cannot be restocked: it has no stock record"
    made = paid_order(course, order, cart, stripe_double)
    ship(made)
    Line.objects.update(stockrecord=None)
    approve_and_receive(request_return(made, 1), charlie, (1, 0))
    assert made.lines.get().returned == 1


def test_untracked_items_are_cancelled_without_stock(
    course: Product, order: Any, cart: Any, stripe_double: Double
):
    # Mutation: _line() set num_allocated for every line: the release had "less allocated"
    made = paid_order(course, order, cart, stripe_double)
    cancel_items(order=made, quantities={made.lines.get().pk: 1}, reason="One less.", by=None)
    cancel_order(order=made, reason="Lost interest.", by=None)
    made.refresh_from_db()
    assert (made.status, made.lines.get().cancelled) == ("cancelled", 3)
    assert (stock(), moved()) == ([(0, None)], 0)
    assert breaches() == []


def test_variant_inherits_the_type_of_its_product(course: Product, cart: Any, order: Any):
    # Mutation: tracks_stock read the variant's own type: AttributeError
    parent = Product.objects.create(
        title="Levels", structure="parent", product_class=course.product_class
    )
    add_facts(parent)
    variant = Product.objects.create(title="Level 1", structure="child", parent=parent)
    partner = StockRecord.objects.get().partner
    StockRecord.objects.create(
        product=variant, partner=partner, partner_sku="L1", price=Decimal("5.00"), num_in_stock=0
    )
    basket = Basket()
    basket.strategy = Selector().strategy()
    line = cart_services.add_product(
        basket=basket, product_id=variant.pk, quantity=2, user=AnonymousUser()
    )
    assert (line.quantity, line.price_excl_tax) == (2, Decimal("5.00"))
    made = order((Product.objects.get(pk=variant.pk), 2))
    assert made.lines.get().stock_tracked is False


def test_late_payment_reserves_by_the_type_of_today(course: Product, order: Any, cart: Any):
    # Mutation: _reserve_stock_again() took only lines that had been allocated: 2 units that are
    # tracked now were sold without a reservation, and the audit did not say so
    made = order(basket=cart((course, 2)))
    release(made, reopen_basket=True)
    ProductClass.objects.update(track_stock=True)
    with pytest.raises(OutOfStock), transaction.atomic():
        reserve_again(made)
    StockRecord.objects.move(num_in_stock=2)
    reserve_again(made)
    row = made.lines.get()
    assert (row.num_allocated, row.stock_tracked, stock()) == (2, True, [(2, 2)])
    release(made, reopen_basket=True)
    ProductClass.objects.update(track_stock=False)
    StockRecord.objects.move(num_in_stock=0)
    reserve_again(made)
    row = made.lines.get()
    assert (row.num_allocated, row.stock_tracked, stock()) == (0, False, [(0, 0)])


def test_open_order_is_no_breach_after_tracking_starts(
    course: Product, order: Any, cart: Any, stripe_double: Double
):
    # Mutation: the audit read today's type: "MF-1: 0 reserved, but 3 left to ship"
    made = paid_order(course, order, cart, stripe_double)
    ProductClass.objects.update(track_stock=True)
    assert breaches() == []
    ship(made)
    assert (breaches(), stock()) == ([], [(0, None)])


def test_order_reserved_before_tracking_ended_ships_its_stock(
    product: Any, order: Any, cart: Any, stripe_double: Double
):
    # Mutation: _take_from_stock() read today's type: the units stayed committed for ever
    made = paid_order(product("Rod", stock=5), order, cart, stripe_double)
    assert stock() == [(5, 3)]
    ProductClass.objects.update(track_stock=False)
    ship(made, 1)
    assert (stock(), breaches()) == ([(4, 2)], [])
    cancel_order(order=made, reason="Enough.", by=None)
    assert (stock(), breaches()) == ([(4, 0)], [])
