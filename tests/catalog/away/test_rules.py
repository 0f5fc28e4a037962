"""What can be ordered while the shop is away."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from catalog.away.models import AwayRule
from catalog.away.rules import handlings
from catalog.models import Product
from tests.catalog import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def rod() -> Product:
    gear = factories.category("Gear")
    return factories.product("Rod", into=factories.category("Rods", gear))


def handling(product: Product) -> str:
    return handlings([product])[product.pk].value


def test_without_rules_orders_are_held(rod: Product) -> None:
    assert handling(rod) == "hold"


# Mutation: with the first category instead of the deepest, "ship" of Gear counted for Rods.
def test_most_specific_rule_counts(rod: Product) -> None:
    rods = rod.categories.get()
    AwayRule.objects.create(handling="block")
    assert handling(rod) == "block"
    AwayRule.objects.create(category=rods.get_parent(), handling="ship")
    assert handling(rod) == "ship"
    AwayRule.objects.create(category=rods, handling="hold")
    assert handling(rod) == "hold"
    AwayRule.objects.create(product=rod, handling="ship")
    assert handling(rod) == "ship"


def test_variant_has_the_rule_of_its_parent(rod: Product) -> None:
    parent = Product.objects.create(
        title="Wheel", product_class=rod.product_class, structure="parent"
    )
    child = Product.objects.create(structure="child", parent=parent)
    AwayRule.objects.create(product=parent, handling="block")
    assert handling(child) == "block"
    AwayRule.objects.create(product=child, handling="ship")
    assert handling(child) == "ship"


def test_strictest_of_several_categories_counts(rod: Product) -> None:
    other = factories.category("Sale")
    other_child = factories.category("Cheap", other)
    rod.categories.add(other_child)
    first = rod.categories.exclude(pk=other_child.pk).get()
    AwayRule.objects.create(category=first, handling="ship")
    AwayRule.objects.create(category=other_child, handling="block")
    assert handling(rod) == "block"


def test_rules_take_two_queries_for_any_number_of_products(rod, django_assert_num_queries) -> None:
    AwayRule.objects.create(category=rod.categories.get(), handling="ship")
    products = [factories.product(f"P{number}", into=rod.categories.get()) for number in range(5)]
    with django_assert_num_queries(2):
        handlings([rod, *products])


def test_second_rule_for_the_same_thing_is_rejected(staff, rod: Product) -> None:
    url = reverse("admin:away_awayrule_add")
    assert staff.post(url, {"handling": "hold"}).status_code == 302
    page = staff.post(url, {"handling": "block"}).content.decode()
    assert "There is a rule for this already. Change that one." in page
    data = {"handling": "block", "product": rod.pk, "category": rod.categories.get().pk}
    assert "Choose a product or a category, not both." in staff.post(url, data).content.decode()
    assert AwayRule.objects.get().handling == "hold"
    with pytest.raises(IntegrityError), transaction.atomic():
        AwayRule.objects.create(handling="ship")
