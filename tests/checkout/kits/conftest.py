"""A starter set: a plane, two cells and a charger, at 159.99 instead of 184.00 CAD."""

from collections.abc import Callable
from typing import Any

import pytest

from catalog.kits.models import KitComponent
from catalog.models import Product


@pytest.fixture
def plane(product: Any) -> Product:
    return product("Plane", price="149.00", stock=7)


@pytest.fixture
def cell(product: Any) -> Product:
    return product("Cell", price="9.50", stock=20, weight="0.99", battery="loose")


@pytest.fixture
def charger(product: Any) -> Product:
    return product("Charger", price="16.00", stock=9, weight="6.5")


@pytest.fixture
def make_kit(product: Any) -> Callable[..., Product]:
    """Make kits of pairs of product and quantity."""

    def make(*components: tuple[Product, int], title: str = "Starter set", price: str = "159.99"):
        kit = product(title, price=price, stock=0)
        Product.objects.filter(pk=kit.pk).update(is_kit=True)
        for one, quantity in components:
            KitComponent.objects.create(kit=kit, component=one, quantity=quantity)
        return Product.objects.get(pk=kit.pk)

    return make


@pytest.fixture
def starter(make_kit: Any, plane: Product, cell: Product, charger: Product) -> Product:
    return make_kit((plane, 1), (cell, 2), (charger, 1))
