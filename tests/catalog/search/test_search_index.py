"""What is stored for search, and when it changes."""

from decimal import Decimal

import pytest
from django.urls import reverse

from catalog import read_model
from catalog.models import Category, Product
from catalog.search_index import pages
from catalog.search_index.models import SearchDocument, SearchWord, TypedValue
from policies import workflow
from policies.models import Policy
from tests.catalog import factories

pytestmark = pytest.mark.django_db


def test_document_has_title_sku_attributes_and_text():
    into = factories.category("Motors")
    product = factories.product(
        "Coreless motors 4 × 8 mm", sku="MF-MT-4X8", weight="0.48", into=into,
        values={"Shaft diameter (mm)": 0.7, "Colour": "Grey"},
        description="<p>For <b>gearboxes</b>.</p>",
    )  # fmt: skip
    document = product.search_document
    assert document.title == "coreless motor 4x8 mm"
    assert document.sku == "mf mt 4x8 mfmt4x8 mt4x8"
    assert document.attributes == "0.7 gray part"
    assert document.body == "for gearbox motor shaft diameter color"
    rows = product.typed_values.order_by("code").values_list(
        "item", "code", "names", "dimension", "value", "text"
    )
    assert list(rows) == [
        (product.pk, "colour", " color", "choice", None, "Grey"),
        (product.pk, "shaft", " shaft diameter", "length", Decimal("0.7"), ""),
        (product.pk, "weight", " weight mass", "mass", Decimal("0.48"), ""),
    ]


def test_variants_belong_to_the_document_of_their_product():
    product = factories.with_variants("Propeller", ["3.00", "12.00"], sku="MF-PR")
    assert SearchDocument.objects.get().product == product
    weights = TypedValue.objects.filter(code="weight").values_list("value", flat=True)
    assert sorted(map(float, weights)) == [1, 2, 3.6]


def test_refresh_replaces_changed_values_and_nothing_else():
    product = factories.product("Rod", values={"Length (mm)": 20.0})
    assert read_model.refresh([product]) == 0
    product.attribute_values.update(value_float=30.0)
    assert read_model.refresh([product]) == 1
    lengths = TypedValue.objects.filter(dimension="length")
    assert [float(row.value) for row in lengths] == [30]
    product.delete()
    assert not SearchDocument.objects.exists()
    assert not TypedValue.objects.exists()


def test_full_refresh_forgets_words_that_no_document_has():
    product = factories.product("Gyrocopter")
    Product.objects.filter(pk=product.pk).update(title="Glider")
    read_model.refresh([product])
    assert SearchWord.objects.filter(stem="gyrocopter").exists()
    Product.objects.filter(pk=product.pk).update(upc="MF-1")
    product.stockrecords.update(partner_sku="MF-1")
    read_model.refresh()
    assert not SearchWord.objects.filter(stem="gyrocopter").exists()
    assert SearchWord.objects.filter(stem="glider").exists()


def test_saved_and_deleted_category_is_found_or_not(admin_client):
    url = reverse("admin:catalogue_category_add")
    data = {"name": "Rocket engines", "slug": "rockets", "description": "", "is_public": "on"}
    assert admin_client.post(url, data).status_code == 302
    document = SearchDocument.objects.get(type="category")
    category = Category.objects.get()
    assert (document.name, document.url) == ("Rocket engines", category.get_absolute_url())
    assert document.title == "rocket engine"
    delete = reverse("admin:catalogue_category_delete", args=[category.pk])
    assert admin_client.post(delete, {"post": "yes"}).status_code == 302
    assert not SearchDocument.objects.exists()


def test_hidden_category_is_not_found():
    factories.category("Hidden", is_public=False)
    assert pages.refresh_categories() == 0
    assert not SearchDocument.objects.exists()


def test_published_policy_is_found():
    policy = Policy.objects.create(slug="drones", title="Drone policy", position=1)
    workflow.adopt(
        policy, "No <!-- promise: x --> [quadcopters](https://example.com).", summary="First."
    )
    document = SearchDocument.objects.get(type="policy")
    assert (document.key, document.name) == ("drones", "Drone policy")
    assert document.url == policy.get_absolute_url()
    assert document.body == "no quadcopter"
