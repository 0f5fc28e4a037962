"""What product pages say about compatibility, and what staff add to it."""

import re
from html import unescape

import pytest
from django.urls import reverse

from catalog.compatibility.models import CompatibilityEntry, PortRule
from catalog.models import Product
from tests.admin_forms import open_form

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_page_cache(settings):
    settings.PAGE_CACHE_SECONDS = 0


def product(sku):
    return Product.objects.get(upc=sku)


def section(client, sku, heading, variant=""):
    """Return the SKUs that follow a heading, and the text up to the next one."""
    found = product(sku)
    page = client.get(found.get_absolute_url(), {"variant": product(variant).pk} if variant else {})
    fits = page.content.decode().partition('id="fits"')[2].partition("</section>")[0]
    part = re.split(r"<h3>", fits.partition(f"<h3>{heading}</h3>")[2])[0]
    skus = re.findall(r'class="sku soft">([^<]+)<', part)
    return skus, " ".join(unescape(re.sub(r"<[^>]+>", " ", part)).replace("\xa0", " ").split())


def test_mayfly_page_shows_what_it_needs_and_why(client):
    skus, text = section(client, "MF-AP-MAYFLY", "Needs")
    assert sorted(skus) == [
        "MF-BT-010-MAG", "MF-BT-010-WIRE", "MF-BT-020-MAG", "MF-BT-020-WIRE",
        "MF-CH-FIELD", "MF-CH-USB1-MAG", "MF-TX-2400-4-M1", "MF-TX-2400-4-M2",
        "MF-TX-2400-6", "MF-TX-MOD",
    ]  # fmt: skip
    assert text.startswith("A battery is built in; the batteries listed here are spares.")
    assert "Battery : Magnetic, 2.96–4.44 V, at most 1.1 g (4)" in text
    assert "LiPo cell 20 mAh with magnetic plug MF-BT-020-MAG Magnetic, 3.7 V, up to 0.24 A" in text
    assert "Bare leads, 3.7 V, up to 0.24 A; to be soldered" in text


def test_receiver_page_names_what_would_damage_it(client):
    skus, text = section(client, "MF-RX-2CH", "Would be damaged by")
    assert "MF-BT-2S150" in skus
    assert "MF-MT-7X16-CW" in skus
    assert "LiPo pack 2S 150 mAh MF-BT-2S150 7.4 V is more than 4.44 V" in text


def test_selected_variant_has_its_own_answer(client):
    skus, _text = section(client, "MF-RX-4CH", "Needs", variant="MF-RX-4CH-MAG")
    assert "MF-BT-050-MAG" in skus
    assert "MF-BT-050-JST" not in skus
    skus, _text = section(client, "MF-RX-4CH", "Needs", variant="MF-RX-4CH-JST")
    assert "MF-BT-050-JST" in skus
    assert "MF-BT-050-MAG" not in skus


def test_hidden_products_are_not_listed(client):
    Product.objects.filter(upc="MF-BT-020").update(is_public=False)
    Product.objects.filter(upc="MF-BT-010-MAG").update(is_public=False)
    skus, _text = section(client, "MF-AP-MAYFLY", "Needs")
    assert {sku for sku in skus if sku.startswith("MF-BT")} == {"MF-BT-010-WIRE"}


def test_page_without_ports_has_no_section_and_no_query_for_it(client, django_assert_num_queries):
    page = client.get(product("MF-XS-CASE").get_absolute_url()).content.decode()
    assert "What fits" not in page
    with django_assert_num_queries(3):
        client.get(product("MF-XS-CASE").get_absolute_url())
    with django_assert_num_queries(4):
        client.get(product("MF-RX-2CH").get_absolute_url())


def test_entry_of_staff_excludes_and_returns_when_it_is_deleted(staff):
    url = reverse("admin:compatibility_compatibilityentry_add")
    data = open_form(staff, url) | {
        "product": str(product("MF-RX-2CH").pk),
        "relation": "excluded",
        "other": str(product("MF-BT-020").pk),
    }
    assert staff.post(url, data).status_code == 302
    skus, _text = section(staff, "MF-RX-2CH", "Needs")
    assert not any(sku.startswith("MF-BT-020") for sku in skus)
    assert any(sku.startswith("MF-BT-010") for sku in skus)
    skus, _text = section(staff, "MF-BT-020", "Works with")
    assert "MF-RX-2CH" not in skus
    entry = CompatibilityEntry.objects.get(relation="excluded", product__upc="MF-RX-2CH")
    staff.post(reverse("admin:compatibility_compatibilityentry_delete", args=[entry.pk]),
               {"post": "yes"})  # fmt: skip
    skus, _text = section(staff, "MF-RX-2CH", "Needs")
    assert "MF-BT-020-MAG" in skus


def test_entries_of_the_seed_are_shown_on_both_pages(client):
    _skus, text = section(client, "MF-AP-MAYFLY-KIT", "Needs")
    assert "Gearbox for 4 mm motors between motor and propeller" in text
    _skus, text = section(client, "MF-GB-4", "Works with")
    assert "Mayfly building kit between motor and propeller" in text


def test_gearbox_with_its_own_motor_lists_none(client):
    _skus, text = section(client, "MF-GB-5R", "Needs")
    assert "Coreless motor" not in text


def test_damage_entered_by_staff_is_on_both_pages(staff):
    url = reverse("admin:compatibility_compatibilityentry_add")
    data = open_form(staff, url) | {
        "product": str(product("MF-PT-FOAM").pk),
        "relation": "damaged",
        "other": str(product("MF-GL-CA-THIN").pk),
        "reason": "it melts foam",
    }
    assert staff.post(url, data).status_code == 302
    assert "Thin CA glue it melts foam" in section(staff, "MF-PT-FOAM", "Would be damaged by")[1]
    assert "foam sheet" in section(staff, "MF-GL-CA-THIN", "Would damage")[1]


def test_entry_about_one_product_twice_is_rejected(staff):
    url = reverse("admin:compatibility_compatibilityentry_add")
    same = str(product("MF-RX-2CH").pk)
    before = CompatibilityEntry.objects.count()
    data = open_form(staff, url) | {"product": same, "relation": "works", "other": same}
    page = staff.post(url, data).content.decode()
    assert "Choose two different products." in page
    assert CompatibilityEntry.objects.count() == before


def test_deleted_rule_removes_the_ports_of_its_type(staff):
    rule = PortRule.objects.get(
        attribute__code="frequency_mhz", attribute__product_class__slug="toy"
    )
    car = product("MF-TY-CAR").children.first()
    assert list(car.ports.values_list("interface", flat=True)) == ["radio"]
    staff.post(reverse("admin:compatibility_portrule_delete", args=[rule.pk]), {"post": "yes"})
    assert not car.ports.exists()


def test_rule_that_reads_a_number_from_a_text_is_rejected(staff):
    rule = PortRule.objects.get(attribute__product_class__slug="cell", quantity="connector",
                                interface="battery")  # fmt: skip
    url = reverse("admin:compatibility_portrule_change", args=[rule.pk])
    page = staff.post(url, open_form(staff, url) | {"quantity": "voltage"}).content.decode()
    assert "Choose an attribute that is a number." in page
    rule.refresh_from_db()
    assert rule.quantity == "connector"


@pytest.mark.parametrize("typed", ["what fits my Mayfly", "What  works with my mayfly"])
def test_search_for_what_fits_links_to_the_answer(client, typed):
    page = client.get("/search/", {"q": typed}).content.decode()
    mayfly = product("MF-AP-MAYFLY")
    link = f'<a href="{mayfly.get_absolute_url()}#fits">What fits Mayfly 3.6 g airplane</a>'
    assert link in page
    assert "#fits" not in client.get("/search/", {"q": "mayfly"}).content.decode()
