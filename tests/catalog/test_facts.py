"""Product facts: what variants inherit, what the admin rejects, and the queries they cost."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from catalog.facts import facts_of
from catalog.models import Product, ProductFacts
from tests.catalog import factories
from tests.catalog.product_form import errors_of, form_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def motor() -> Product:
    """A product with two variants; the second has a code and a radio of its own."""
    made = factories.with_variants("Motor", ["5.00", "6.00"], facts={"battery": "loose"})
    second = made.children.order_by("pk").last()
    ProductFacts.objects.create(product=second, hs6="850110", radio="2400")
    return made


def test_variant_inherits_each_empty_fact(motor: Product, django_assert_num_queries: Any):
    first, second = motor.children.order_by("pk")
    ProductFacts.objects.filter(product=second).update(battery_count=0)
    with django_assert_num_queries(1):
        facts = facts_of([first, second, motor])
    assert (facts[first.pk].hs6, facts[first.pk].radio) == ("950300", "none")
    assert (facts[second.pk].hs6, facts[second.pk].radio) == ("850110", "2400")
    assert (facts[second.pk].battery, facts[second.pk].battery_count) == ("loose", 0)
    assert facts[motor.pk].hs6 == "950300"
    assert ProductFacts.objects.get(product=second).battery == ""  # nothing was stored


def test_product_without_facts_has_unknown_ones():
    product = factories.product("Rod")
    ProductFacts.objects.all().delete()
    product = Product.objects.get(pk=product.pk)
    facts = facts_of([product])[product.pk]
    assert (facts.battery, facts.hs6, facts.length_mm) == ("", "", None)
    assert not facts.has_battery


def test_energy_of_a_cell_is_its_share_of_the_battery():
    facts = ProductFacts(battery_cells=2, battery_wh=Decimal("0.814"))
    assert facts.wh_per_cell == Decimal("0.407")
    assert ProductFacts(battery_wh=Decimal("1")).wh_per_cell is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"hs6": "95030"}, "hs6"),
        ({"hs6": "95030x", "hs10": ""}, "hs6"),
        ({"hs10": "950300"}, "hs10"),
        ({"hs10": "8501100000"}, "hs10"),  # of another HS code
        ({"length_mm": 0}, "length_mm"),
        ({"battery_wh": Decimal("-1")}, "battery_wh"),
    ],
)
def test_impossible_fact_is_rejected(values: dict[str, Any], field: str):
    facts = factories.product("Rod").facts
    for name, value in values.items():
        setattr(facts, name, value)
    with pytest.raises(ValidationError) as error:
        facts.full_clean()
    assert set(error.value.message_dict) == {field}


def facts_form(**values: Any) -> dict[str, Any]:
    return {
        "facts-TOTAL_FORMS": 1, "facts-INITIAL_FORMS": 0,
        **{f"facts-0-{name}": value for name, value in values.items()},
    }  # fmt: skip


@pytest.fixture
def post(staff: Client) -> Any:
    """Send the form of a new rod with facts; return the response."""
    category = factories.category("Gear")
    kind = factories.product("Other", sku="MF-O").product_class

    def send(**values: Any) -> Any:
        data = form_for(category, **facts_form(**values))
        return staff.post(f"{reverse('admin:catalogue_product_add')}?type={kind.pk}", data)

    return send


def test_admin_saves_facts_with_the_product(post: Any):
    answer = post(battery="loose", battery_count="1", battery_cells="1", battery_wh="0,185")
    assert answer.status_code == 302, errors_of(answer)
    facts = ProductFacts.objects.get(product__upc="MF-M4")
    assert (facts.battery, facts.battery_wh) == ("loose", Decimal("0.185"))


def test_admin_requires_the_battery_type(post: Any):
    answer = post(battery="", radio="none")
    assert "Choose the battery type" in answer.content.decode()
    assert not Product.objects.filter(upc="MF-M4").exists()


def test_admin_saves_a_variant_without_facts(staff: Client, motor: Product):
    answer = staff.post(
        f"{reverse('admin:catalogue_product_add')}?parent={motor.pk}",
        form_for(factories.category("Other"), **facts_form(battery="")),
    )
    assert answer.status_code == 302, errors_of(answer)
    assert not ProductFacts.objects.filter(product__upc="MF-M4").exists()
