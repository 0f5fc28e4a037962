"""A product without a product type: no page fails, and staff choose the type on its page."""

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Category, Product, ProductClass
from tests.admin_forms import fields_of
from tests.catalog import factories


@pytest.fixture
def gear(db: None) -> Category:
    """A product and one with two variants, all without a type."""
    gear = factories.category("Gear")
    factories.product("Butterfly", sku="MF-B", into=gear)
    factories.with_variants("Motor", ["5.00", "6.00"], into=gear)
    Product.objects.update(product_class=None, card="", details="")
    return gear


def test_every_page_of_it_opens(gear: Category, staff: Client) -> None:
    urls = ["/", "/compare/", "/search/?q=butterfly", gear.get_absolute_url(), "/admin/",
            "/admin/shipping/shippingrule/gaps/"]  # fmt: skip
    urls += [reverse(f"admin:{name}_changelist") for name in ("catalogue_product",
             "partner_stockrecord", "partner_stockmovement")]  # fmt: skip
    for product in Product.objects.all():
        pages = ("change", "delete", "history")
        urls += [reverse(f"admin:catalogue_product_{page}", args=[product.pk]) for page in pages]
        urls += [product.get_absolute_url()]
        for record in product.stockrecords.all():
            urls.append(reverse("admin:partner_stockrecord_change", args=[record.pk]))
            staff.post(reverse("basket:add", args=[product.pk]), {"quantity": 1})
    parent = Product.objects.get(structure=Product.PARENT)
    urls += [f"{reverse('admin:catalogue_product_add')}?parent={parent.pk}", "/cart/"]
    answers = {url: staff.get(url, follow=True).status_code for url in urls}
    assert {url: status for url, status in answers.items() if status != 200} == {}


def test_staff_choose_the_type_on_its_page(gear: Category, staff: Client) -> None:
    product = Product.objects.get(title="Butterfly")
    url = reverse("admin:catalogue_product_change", args=[product.pk])
    page = staff.get(url).content.decode()
    assert 'name="product_class"' in page
    data = fields_of(page)
    rejected = staff.post(url, {**data, "title": "Moth"})
    assert "This field is required." in rejected.content.decode()
    product.refresh_from_db()
    assert (product.title, product.product_class) == ("Butterfly", None)
    kind = ProductClass.objects.get()
    assert staff.post(url, {**data, "product_class": str(kind.pk)}).status_code == 302
    product.refresh_from_db()
    assert product.product_class == kind
    assert 'name="product_class"' not in staff.get(url).content.decode()


def test_variant_is_not_saved_before_its_product_has_a_type(gear: Category, staff: Client) -> None:
    variant = Product.objects.filter(structure=Product.CHILD).earliest("pk")
    url = reverse("admin:catalogue_product_change", args=[variant.pk])
    data = fields_of(staff.get(url).content.decode())
    page = staff.post(url, {**data, "title": "Changed"}).content.decode()
    assert "Choose the product type of “Motor” first." in page
    variant.refresh_from_db()
    assert variant.title == "Motor size 1"
