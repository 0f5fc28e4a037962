"""The gap list: products that rules refuse somewhere, with the fact that is the reason."""

from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from catalog.facts import ProductFacts
from catalog.models import Product
from checkout.shipping.gaps import gaps, regions_of
from checkout.shipping.models import ShippingRule

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 30)
URL = reverse("admin:shipping_shippingrule_gaps")


def rows(on: date = DAY) -> list[tuple[str, ...]]:
    """Return product, fact, value and "rule: regions" of each reason."""
    return [
        (gap.product.get_title(), gap.fact, gap.value)
        + tuple(f"{each.rule.code}: {each.where}" for each in gap.reasons)
        for gap in gaps(on)
    ]


@pytest.fixture
def variants(product: Any) -> Product:
    """Return a product with HS code 950300 and two variants: a red one of another code, and a blue
    one without facts; only the safety contact is missing."""
    parent = product("Glider", facts={"safety_contact": ""})
    parent.stockrecords.all().delete()
    parent.structure = Product.PARENT
    parent.save()
    for title in ("Red", "Blue"):
        Product.objects.create(structure="child", parent=parent, title=title, upc=title)
    red = Product.objects.get(title="Red")
    ProductFacts.objects.create(product=red, hs6="880610", safety_contact="EU Contact, Riga")
    return parent


def test_complete_product_has_no_gap(product: Any) -> None:
    product("Rod")
    assert rows() == []


def test_missing_and_refused_facts_are_rows_with_their_regions(product: Any) -> None:
    product("Rod", facts={"hs6": "", "hs10": "", "safety_contact": "", "origin": None})
    product("Cell", battery="loose")
    product("Radio", facts={"radio": "902-928"})
    assert rows() == [
        ("Cell", "battery", "loose battery",
         "lithium-abroad: everywhere but Canada, United States", "lithium-canada-air: Canada",
         "lithium-us-surface: United States"),
        ("Radio", "radio", "902–928 MHz",
         "radio-902: everywhere but Canada, United States, AG AR AW BB BO BR …"),
        ("Rod", "hs10", "", "customs-us: United States"),
        ("Rod", "hs6", "", "customs-eu: AT BE BG CY CZ DE …"),
        ("Rod", "origin", "", "customs-data: everywhere but Canada"),
        ("Rod", "safety_contact", "", "safety-eu: AT BE BG CY CZ DE …"),
    ]  # fmt: skip


def test_unknown_battery_is_refused_everywhere(product: Any) -> None:
    product("Rod", battery="")
    assert rows() == [
        ("Rod", "battery", "",
         "lithium-abroad: everywhere but Canada, United States", "lithium-battery-wh: everywhere",
         "lithium-canada-air: Canada", "lithium-cell-wh: everywhere",
         "lithium-us-count: United States", "lithium-us-surface: United States"),
    ]  # fmt: skip


def test_variants_inherit_facts(variants: Product) -> None:
    # Mutation: without `inheriting`, both variants lacked every fact.
    assert rows() == [("Blue", "safety_contact", "", "safety-eu: AT BE BG CY CZ DE …")]


def test_ended_inactive_and_closing_rules_are_left_out(product: Any) -> None:
    product("Rod", facts={"hs6": ""})
    ShippingRule.objects.filter(code="customs-eu").update(ends_on=DAY)
    assert len(rows()) == 1
    assert rows(date(2026, 12, 1)) == []
    ShippingRule.objects.filter(code="customs-eu").update(ends_on=None, active=False)
    assert rows() == []


@pytest.mark.parametrize(
    ("places", "except_places", "regions"),
    [
        ("", False, "everywhere"),
        ("CA US", False, "Canada, United States"),
        ("CA-QC", False, "CA-QC"),
        ("DE FR", False, "DE FR"),
        ("JP", False, "JP"),
        ("AG AR AW BB BO BR BS", False, "AG AR AW BB BO BR …"),
        ("CA", True, "everywhere but Canada"),
        ("DE", True, "everywhere but DE"),
        ("CA-QC", True, "everywhere but CA-QC"),
    ],
)
def test_regions_are_those_of_the_rule(places: str, except_places: bool, regions: str) -> None:
    rule = ShippingRule(places=places, except_places=except_places)
    assert ", ".join(regions_of(rule)) == regions


# --- the page ---


def test_page_links_product_and_rule_and_filters(product: Any, staff: Client) -> None:
    rod = product("Rod", facts={"hs6": ""})
    product("Cell", battery="loose")
    rule = ShippingRule.objects.get(code="customs-eu")
    page = staff.get(URL, {"fact": "hs6"}).content.decode()
    assert f'href="/admin/catalogue/product/{rod.pk}/change/#facts-group">HS code</a>' in page
    assert f'href="/admin/shipping/shippingrule/{rule.pk}/change/">{rule.reason}</a>' in page
    assert "Cell" not in page
    every = " ".join(staff.get(URL).content.decode().split())
    assert "United States, by us-packet us-express us-tracked: <a" in every
    assert "Canada, by ca-express ca-priority: <a" in every


def test_link_opens_the_facts_of_the_product(product: Any, staff: Client) -> None:
    rod = product("Rod", facts={"hs6": ""})
    page = staff.get(f"/admin/catalogue/product/{rod.pk}/change/").content.decode()
    assert 'id="facts-group"' in page


def test_unknown_fact_is_an_error(product: Any, staff: Client) -> None:
    product("Rod", facts={"hs6": ""})
    page = staff.get(URL, {"fact": "colour"}).content.decode()
    assert "Select a valid choice. colour is not one of the available choices." in page
    assert "Rod" not in page


def test_pages_have_fifty_rows(product: Any, staff: Client) -> None:
    for number in range(51):
        product(f"Rod {number:02}", facts={"hs6": ""})
    first = staff.get(URL, {"fact": "hs6"})
    assert [gap.product.title for gap in first.context["page"]][-1] == "Rod 49"
    assert "?fact=hs6&amp;page=2" in first.content.decode()
    second = staff.get(URL, {"fact": "hs6", "page": 2})
    assert [gap.product.title for gap in second.context["page"]] == ["Rod 50"]


def test_queries_do_not_depend_on_the_number_of_products(
    variants: Product, product: Any, staff: Client, django_assert_num_queries: Any
) -> None:
    # Mutation: without `parent__facts`, a third query read them.
    for number in range(12):
        product(f"Rod {number}", facts={"hs6": ""})
    with django_assert_num_queries(2):
        assert len(gaps(DAY)) == 13
    with django_assert_num_queries(3):  # and the user
        staff.get(URL)


def test_page_needs_permission_to_view_rules(client: Client, alice: User) -> None:
    alice.is_staff = True
    alice.save()
    client.force_login(alice)
    assert client.get(URL).status_code == 403
    assert "Shipping gaps" not in client.get(reverse("admin:index")).content.decode()
    alice.user_permissions.add(Permission.objects.get(codename="view_shippingrule"))
    assert client.get(URL).status_code == 200
    assert f'href="{URL}"' in client.get(reverse("admin:index")).content.decode()
