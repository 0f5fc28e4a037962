"""A simple product that gets variants, while customers and staff use it."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from catalog.back_in_stock.models import BackInStockRequest
from catalog.kits.models import KitComponent
from catalog.models import Product
from catalog.partner.models import StockRecord
from catalog.wish_lists import services as wish_lists
from catalog.wish_lists.models import Line as WishListLine
from checkout.basket.models import Basket
from checkout.basket.services import add_product, price_basket
from checkout.order.models import Line
from tests.catalog import factories


def action(product: Product) -> str:
    return reverse("admin:catalogue_product_action", args=[product.pk, "add-variants"])


@pytest.fixture
def motor(shop: None) -> Product:
    return factories.product("Motor", sku="MF-1", into=factories.category("Motors"))


def test_first_variant_has_what_is_sold_and_the_page_stays(
    staff: Client, motor: Product, order: Any, details: Any, alice: User
) -> None:
    record = motor.stockrecords.get()
    placed = order(motor)
    kit = factories.kit("Kit", [(motor, 2)])
    wish_lists.add(user=alice, product=motor)
    BackInStockRequest.objects.create(product=motor, email="a@example.com", state="requested")
    cart = Basket.objects.create()
    price_basket(cart, None)
    add_product(basket=cart, product_id=motor.pk, quantity=3, user=None)
    url = motor.get_absolute_url()
    assert "MF-1" in staff.get(url).content.decode()
    answer = staff.post(action(motor), {"once": "1"}, follow=True)
    assert "MF-1 is now the first variant." in answer.content.decode()
    assert 'name="children-0-upc" value="MF-1"' in answer.content.decode()
    motor.refresh_from_db()
    variant = motor.children.get()
    assert (motor.structure, motor.upc, motor.stockrecords.count()) == ("parent", "", 0)
    assert (variant.upc, variant.weight_g, variant.get_title()) == (
        "MF-1",
        Decimal("3.60"),
        "Motor",
    )
    record.refresh_from_db()
    assert (record.product_id, record.num_in_stock, record.num_allocated) == (variant.pk, 20, 1)
    used = [
        Line.objects.get(order=placed).product, WishListLine.objects.get().product,
        BackInStockRequest.objects.get().product, KitComponent.objects.get(kit=kit).component,
    ]  # fmt: skip
    assert used == [variant] * 4
    page = staff.get(url)
    assert page.status_code == 200
    assert "MF-1" in page.content.decode()
    add_product(basket=cart, product_id=variant.pk, quantity=1, user=None)
    line = cart.lines.get()
    assert (line.product, line.quantity) == (variant, 4)
    cart = Basket.objects.get(pk=cart.pk)
    price_basket(cart, None)
    assert order(basket=cart).lines.get().product == variant


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("kit", "A kit cannot have variants"),
        ("no SKU", "Enter the SKU first"),
        ("no type", "Choose the product type first"),
    ],
)
def test_product_that_cannot_have_variants_is_left_alone(
    staff: Client, motor: Product, case: str, reason: str
) -> None:
    product = factories.kit("Kit", [(motor, 1)]) if case == "kit" else motor
    if case != "kit":
        Product.objects.filter(pk=product.pk).update(
            **{"no SKU": {"upc": None}, "no type": {"product_class": None}}[case]
        )
    answer = staff.post(action(product), {"once": "1"})
    assert reason in answer.content.decode()
    product.refresh_from_db()
    assert (product.structure, Product.objects.filter(parent=product).exists()) == (
        "standalone", False,
    )  # fmt: skip
    assert StockRecord.objects.filter(product=product).exists()


def test_variants_are_offered_for_simple_products_only(staff: Client, motor: Product) -> None:
    coil = factories.with_variants("Coil", ["15.00"])
    for product in (coil, coil.children.get()):
        answer = staff.post(action(product), {"once": "1"}, follow=True)
        assert "not possible in the current state" in answer.content.decode()
    assert coil.children.count() == 1


def test_version_from_before_the_variants_is_not_restored(staff: Client, motor: Product) -> None:
    before = motor.history.get()
    staff.post(action(motor), {"once": "1"})
    motor.children.update(upc="MF-2")
    key = f"catalogue.historicalproduct:{before.pk}"
    url = reverse("admin:catalogue_product_history", args=[motor.pk])
    answer = staff.post(f"{url}?restore={key}")
    assert answer.status_code == 422
    assert "Since then it became a product with variants" in answer.content.decode()
    motor.refresh_from_db()
    assert motor.structure == "parent"
