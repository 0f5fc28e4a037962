"""The demo shop's catalogue, loaded without images."""

from decimal import Decimal
from io import StringIO
from math import pi

import pytest
from django.core.management import call_command
from oscar.apps.address.models import Country
from oscar.apps.voucher.models import Voucher

from accounts.users.models import User
from catalog.facts import facts_of
from catalog.models import (
    Battery,
    Category,
    Product,
    ProductAttributeValue,
    ProductRecommendation,
)
from catalog.partner.availability import Stock
from catalog.partner.models import StockRecord
from catalog.partner.strategy import Selector
from catalog.seed.tables import descriptions, product_rows
from checkout.basket.models import Basket
from checkout.offers.applicator import Applicator
from checkout.offers.models import ConditionalOffer
from tests.catalog import stock


@pytest.fixture(scope="module")
def seeded(django_db_setup, django_db_blocker):
    """The catalogue, loaded once for this file and removed afterwards."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        call_command("seed_shop", no_images=True, stdout=StringIO())
        yield
        transaction.set_rollback(True)


pytestmark = pytest.mark.usefixtures("seeded", "db")


def test_tree_has_fifteen_categories():
    assert Category.objects.count() == 15
    gear = Category.objects.get(slug="micro-rc-gear")
    assert gear.numchild == 12
    assert [c.name for c in Category.objects.filter(depth=1)] == [
        "R/C Airplanes",
        "Micro RC Gear",
        "RC Toys",
    ]
    assert not Category.objects.filter(description="").exists()


def test_167_products_of_which_44_have_variants():
    assert Product.objects.with_pages().count() == 167
    assert Product.objects.browsable().count() == 165
    assert Product.objects.filter(structure=Product.PARENT).count() == 44
    assert not Product.objects.filter(structure=Product.PARENT, children=None).exists()


@pytest.mark.promise("canadian-dollars")
def test_products_have_sku_price_in_cad_and_weight():
    sold = Product.objects.exclude(structure=Product.PARENT)
    records = StockRecord.objects.filter(product__in=sold)
    assert records.count() == sold.count() == 251
    assert not records.exclude(price_currency="CAD", price__gt=0).exists()
    assert not Product.objects.filter(weight_g__lte=0).exists()
    assert all(r.partner_sku == r.product.upc for r in records.select_related("product"))


def test_parent_weighs_as_much_as_its_lightest_variant():
    for parent in Product.objects.filter(structure=Product.PARENT).prefetch_related("children"):
        assert parent.weight_g == min(child.weight_g for child in parent.children.all())


def test_some_products_are_low_sold_out_or_incoming():
    records = StockRecord.objects
    assert records.filter(num_in_stock__range=(1, 5)).count() >= 20
    assert records.filter(num_in_stock=0, backorder=False).count() >= 10
    due = records.filter(num_in_stock=0, backorder=True)
    assert due.count() >= 8
    assert not due.filter(expected_on=None).exists()


def test_starter_sets_are_kits_that_save_money():
    kits = Product.objects.filter(product_class__slug="starter-set", children=None)
    kits |= Product.objects.filter(parent__product_class__slug="starter-set")
    assert kits.count() == 8
    for kit in kits:
        record = kit.stockrecords.get()
        assert kit.is_kit
        assert record.price < sum(each.price for each in kit.components), kit.upc
        assert (record.num_in_stock, Stock.of(record, kit).available > 0) == (0, True), kit.upc
        assert kit.weight_g == sum(
            each.component.weight_g * each.quantity for each in kit.components
        )


def test_hero_product_weighs_3_6_grams():
    mayfly = Product.objects.get(upc="MF-AP-MAYFLY")
    assert mayfly.weight_g == Decimal("3.60")
    assert mayfly.facts.battery == Battery.IN_EQUIPMENT
    assert mayfly.attr.wingspan_mm == 206


def test_each_product_has_its_own_description():
    tops = {row.sku for row in product_rows() if not row.parent}
    assert set(descriptions()) == tops
    assert all(1 <= len(paragraphs) <= 3 for paragraphs in descriptions().values())
    assert len({paragraphs[0] for paragraphs in descriptions().values()}) == len(tops)


def _with_battery():
    for row in product_rows():
        family = [r for r in product_rows() if r.sku == row.parent]
        figures = {**(family[0].attributes if family else {}), **row.attributes}
        if row.common["wh"] and "capacity_mah" in figures:
            yield row, figures


def test_watt_hours_are_volts_times_ampere_hours():
    for row, figures in _with_battery():
        packs = int(row.common["cells"]) if row.product_class == "starter_set" else 1
        exact = packs * float(figures["voltage_v"]) * float(figures["capacity_mah"]) / 1000
        assert float(row.common["wh"]) == pytest.approx(exact, abs=0.001), row.sku


def test_battery_data_is_complete_or_absent():
    for product, facts in facts_of_all():
        complete = all((facts.battery_count, facts.battery_cells, facts.battery_wh))
        assert complete == (facts.battery != Battery.NONE), product.upc


def facts_of_all():
    products = list(Product.objects.all())
    facts = facts_of(products)
    return [(product, facts[product.pk]) for product in products]


@pytest.mark.parametrize(
    ("sku", "battery", "count", "cells", "wh"),
    [
        ("MF-BT-050-MAG", Battery.LOOSE, 1, 1, "0.185"),  # 50 mAh x 3.7 V
        ("MF-AP-MAYFLY", Battery.IN_EQUIPMENT, 1, 1, "0.074"),
        ("MF-SS-MAYFLY", Battery.WITH_EQUIPMENT, 2, 1, "0.074"),
        ("MF-SS-CLASS", Battery.WITH_EQUIPMENT, 12, 1, "0.074"),
        ("MF-TX-2400-6", Battery.IN_EQUIPMENT, 1, 1, "4.44"),
    ],
)
def test_battery_facts_are_those_of_each_battery(sku, battery, count, cells, wh):
    facts = facts_of([Product.objects.get(upc=sku)]).popitem()[1]
    assert (facts.battery, facts.battery_count, facts.battery_cells, facts.battery_wh) == (
        battery, count, cells, Decimal(wh),
    )  # fmt: skip


def test_variants_repeat_no_battery_but_that_of_their_product():
    rows = {row.sku: row for row in product_rows()}
    for row in rows.values():
        if row.parent and row.common["battery"]:
            names = ("battery", "cells", "wh")
            assert [row.common[n] for n in names] == [rows[row.parent].common[n] for n in names]


def test_customs_codes_have_their_length_and_agree():
    for product, facts in facts_of_all():
        assert len(facts.hs6) == 6, product.upc
        assert facts.hs10 == "" or (len(facts.hs10), facts.hs10[:6]) == (10, facts.hs6)


def test_magnets_weigh_7_5_g_per_cm3():
    family = {row.sku: row for row in product_rows() if row.product_class == "magnet"}
    for row in family.values():
        if not row.parent:
            continue
        figures = {**family[row.parent].attributes, **row.attributes}
        d, inner, length, width, height = (
            float(figures.get(f"{name}_mm", 0))
            for name in ("diameter", "inner", "length", "width", "height")
        )
        area = pi * (d * d - inner * inner) / 4 if d else length * width
        exact = int(figures["pack_quantity"]) * area * height * 7.5e-3
        assert float(row.common["weight_g"]) == pytest.approx(exact, abs=0.006), row.sku


def test_cells_have_a_plausible_density():
    family = {row.sku: row for row in product_rows() if row.product_class == "cell"}
    for row in family.values():
        figures = {**(family[row.parent].attributes if row.parent else {}), **row.attributes}
        litres = 1.0
        for side in ("length_mm", "width_mm", "thickness_mm"):
            litres *= float(figures[side]) / 10
        assert 1.7 < float(row.common["weight_g"]) / litres < 2.9, row.sku


def test_related_products_exist_and_are_others():
    links = ProductRecommendation.objects.all()
    assert links.count() > 300
    assert not any(link.primary_id == link.recommendation_id for link in links)
    assert not Product.objects.with_pages().filter(recommended_products=None).exists()


def test_offers_and_vouchers_exist():
    site = ConditionalOffer.objects.filter(offer_type=ConditionalOffer.SITE)
    assert site.count() == 2
    assert {v.code: v.usage for v in Voucher.objects.all()} == {
        "WINGS10": Voucher.MULTI_USE,
        "HANGAR15": Voucher.MULTI_USE,
        "FIRSTFLIGHT": Voucher.ONCE_PER_CUSTOMER,
    }


def test_canada_and_us_are_the_first_countries():
    names = list(Country.objects.values_list("printable_name", flat=True))
    assert names[:2] == ["Canada", "United States"]
    assert len(names) == 249


def test_second_run_keeps_stock_and_prices():
    before = _counts()
    record = StockRecord.objects.get(partner_sku="MF-AP-MAYFLY")
    stock.put(7, record)
    StockRecord.objects.filter(pk=record.pk).update(price=Decimal("151.00"))
    Product.objects.filter(upc="MF-AP-MAYFLY").update(title="Mayfly", is_public=False)
    call_command("seed_shop", no_images=True, stdout=StringIO())
    record.refresh_from_db()
    mayfly = Product.objects.get(upc="MF-AP-MAYFLY")
    assert _counts() == before
    assert (record.num_in_stock, record.price) == (7, Decimal("151.00"))
    assert (mayfly.title, mayfly.is_public) == ("Mayfly 3.6 g airplane", False)


def _counts() -> list[int]:
    rows = (Product, StockRecord, Category, ProductAttributeValue, ConditionalOffer, Voucher)
    return [model.objects.count() for model in rows]


def test_demo_users_are_optional_and_verified():
    assert not User.objects.exists()
    call_command("seed_shop", no_images=True, demo_users=True, stdout=StringIO())
    staff, alice = User.objects.order_by("-is_staff")
    assert (staff.email, staff.is_superuser) == ("staff@microflight.example", True)
    assert (alice.email, alice.is_staff) == ("alice@example.com", False)
    assert alice.check_password("fly-alice-3.6g")
    assert alice.emailaddress_set.get().verified


def test_size_adds_synthetic_products():
    call_command("seed_shop", no_images=True, size=30, stdout=StringIO())
    call_command("seed_shop", no_images=True, size=40, stdout=StringIO())
    added = Product.objects.filter(upc__startswith="SYN-")
    assert added.count() == 40
    assert not added.filter(stockrecords=None).exists()
    assert not added.filter(categories=None).exists()


def test_search_finds_variants_and_attributes():
    receiver = Product.objects.get(upc="MF-RX-4CH")
    document = receiver.search_document
    text = f"{document.title} {document.sku} {document.attributes} {document.body}".split()
    assert {"receiver", "mfrx4chjst", "magnetic", "frequency"} <= set(text)
    values = receiver.typed_values.filter(dimension="frequency")
    assert [value.value for value in values] == [2400]


@pytest.mark.parametrize(
    ("lines", "code", "discount"),
    [
        ({"MF-PR-40": 2}, "", "0.00"),
        ({"MF-PR-40": 3}, "", "1.05"),
        ({"MF-PR-40": 2, "MF-PR-76": 2}, "", "1.60"),
        ({"MF-CH-USB4": 1}, "", "0.00"),
        ({"MF-SS-MAYFLY": 1, "MF-CH-USB4": 1}, "", "10.00"),
        ({"MF-AP-MAYFLY": 1}, "WINGS10", "14.90"),
        ({"MF-AP-MAYFLY": 1}, "HANGAR15", "15.00"),
        ({"MF-GL-PVA": 1}, "HANGAR15", "0.00"),
        ({"MF-AP-MAYFLY": 1}, "FIRSTFLIGHT", "7.45"),
    ],
)
def test_offers_and_vouchers_discount_the_stated_amount(lines, code, discount, alice):
    basket = Basket.objects.create(owner=alice)
    basket.strategy = Selector().strategy()
    for sku, quantity in lines.items():
        basket.add_product(Product.objects.get(upc=sku), quantity)
    if code:
        basket.vouchers.add(Voucher.objects.get(code=code))
    basket.reset_offer_applications()
    Applicator().apply(basket, alice)
    assert basket.total_discount == Decimal(discount)
