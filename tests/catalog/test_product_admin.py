"""The product form: attributes, categories, stock, images, related products."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from oscar.apps.partner.models import Partner

from catalog.models import (
    AttributeOptionGroup,
    Category,
    Product,
    ProductAttribute,
    ProductAttributeValue,
    ProductClass,
)
from catalog.partner import ledger
from catalog.partner.models import StockRecord
from catalog.read_model import card_of
from microflight.core import page_cache
from tests.admin_forms import fields_of, submit
from tests.catalog import stock
from tests.catalog.product_form import errors_of, form_for, no_rows, png

ADD = reverse("admin:catalogue_product_add")


@pytest.fixture
def product_type(db: None) -> ProductClass:
    """Motors: voltage (required), brushed or not, colour from a list."""
    product_type = ProductClass.objects.create(name="Motor")
    group = AttributeOptionGroup.objects.create(name="Colour")
    group.options.create(option="red")
    group.options.create(option="blue")
    make = ProductAttribute.objects.create
    make(
        product_class=product_type, name="Voltage (V)", code="voltage", type="float", required=True
    )
    make(product_class=product_type, name="Brushed", code="brushed", type="boolean")
    make(
        product_class=product_type, name="Colour", code="colour", type="option", option_group=group
    )
    return product_type


@pytest.fixture
def category(db: None) -> Category:
    """The category of motors."""
    return Category.objects.add_root(instance=Category(name="Motors"))


@pytest.fixture
def supplier(db: None) -> Partner:
    """The supplier of all products."""
    return Partner.objects.create(name="Plantraco")


def stock_data(supplier: Partner, **changes: Any) -> dict[str, Any]:
    """Return the form data of the stock record."""
    row = {
        "id": "", "regular_price": "4.50",
        "num_in_stock": "10", **changes,
    }  # fmt: skip
    known = 1 if row["id"] else 0
    return {
        "stockrecords-TOTAL_FORMS": 1,
        "stockrecords-INITIAL_FORMS": known,
        **{f"stockrecords-0-{name}": value for name, value in row.items()},
    }


@pytest.fixture
def motor(staff: Client, product_type: Any, category: Category, supplier: Partner) -> Product:
    """A motor made through the form."""
    data = form_for(category, **stock_data(supplier))
    answer = staff.post(f"{ADD}?type={product_type.pk}", data)
    assert answer.status_code == 302, errors_of(answer)
    return Product.objects.get(upc="MF-M4")


def change_url(product: Product) -> str:
    return reverse("admin:catalogue_product_change", args=[product.pk])


def test_add_page_has_the_type_of_the_newest_product(
    staff: Client, product_type: ProductClass
) -> None:
    glue = ProductClass.objects.create(name="Glue")
    assert f'<option value="{glue.pk}" selected>' in staff.get(ADD).content.decode()
    Product.objects.create(title="Motor", product_class=product_type)
    assert f'<option value="{product_type.pk}" selected>' in staff.get(ADD).content.decode()


def test_add_page_without_types_says_so(staff: Client) -> None:
    assert "There are no product types yet." in staff.get(ADD).content.decode()


@pytest.mark.parametrize(
    "query", ["type=0", "type=x", "parent=99999", "type=9999999999999", "type="]
)
def test_unknown_product_type_returns_404(query: str, staff: Client, product_type: Any) -> None:
    assert staff.get(f"{ADD}?{query}").status_code == 404


def test_product_is_created(motor: Product, category: Category) -> None:
    assert motor.slug == "motor-4-mm"
    assert motor.weight_g == Decimal("0.60")
    assert list(motor.categories.all()) == [category]
    assert (motor.attr.voltage, motor.attr.brushed) == (3.7, True)
    record = motor.stockrecords.get()
    assert (record.price, record.num_in_stock) == (Decimal("4.50"), 10)


def test_product_that_is_published_later_is_hidden_until_then(
    staff: Client, product_type: Any, category: Category, supplier: Partner
) -> None:
    later = {"publish_at_0": "2036-12-06", "publish_at_1": "09:00"}
    answer = staff.post(f"{ADD}?type={product_type.pk}", form_for(category, **later))
    assert answer.status_code == 302, errors_of(answer)
    made = Product.objects.get(upc="MF-M4")
    assert (made.is_public, made.publish_at is None) == (False, False)


def test_form_has_the_attributes_of_its_type_only(
    staff: Client, motor: Product, product_type: ProductClass
) -> None:
    other = ProductClass.objects.create(name="Glue")
    ProductAttribute.objects.create(product_class=other, name="Volume", code="ml", type="integer")
    page = staff.get(change_url(motor)).content.decode()
    assert 'name="attribute_voltage"' in page
    assert 'name="attribute_ml"' not in page


def test_attributes_are_changed_and_deleted(
    staff: Client, motor: Product, category: Category, supplier: Partner
) -> None:
    red = ProductAttribute.objects.get(code="colour").option_group.options.get(option="red")
    data = form_for(
        category, attribute_voltage="7.4", attribute_brushed="unknown", attribute_colour=red.pk
    )
    answer = submit(staff, change_url(motor), data)
    assert answer.status_code == 302, errors_of(answer)
    values = {v.attribute.code: v.value for v in motor.attribute_values.all()}
    assert values == {"voltage": 7.4, "colour": red}


@pytest.mark.parametrize("voltage", ["", "plenty"])
def test_invalid_attribute_changes_nothing(
    voltage: str, staff: Client, motor: Product, category: Category
) -> None:
    data = form_for(category, title="Other", attribute_voltage=voltage)
    assert submit(staff, change_url(motor), data).status_code == 200
    motor.refresh_from_db()
    assert motor.title == "Motor 4 mm"
    assert motor.attr.voltage == 3.7


def test_image_is_uploaded_with_the_product(
    staff: Client, motor: Product, category: Category
) -> None:
    data = form_for(category) | {
        "new_images": [png(), png("red")],
    }
    answer = submit(staff, change_url(motor), data)
    assert answer.status_code == 302, errors_of(answer)
    image = motor.images.first()
    assert [one.display_order for one in motor.images.all()] == [0, 1]
    assert image.original.width == 40
    page = staff.get(change_url(motor)).content.decode()
    assert image.original.url in page
    data = fields_of(page) | {"images-0-caption": "From above", "facts-0-battery": "none"}
    answer = staff.post(change_url(motor), data)
    assert answer.status_code == 302, errors_of(answer)
    captions = motor.images.order_by("display_order").values_list("caption", flat=True)
    assert list(captions) == ["From above", ""]


def test_upload_that_is_not_an_image_is_rejected(
    staff: Client, motor: Product, category: Category
) -> None:
    script = SimpleUploadedFile("motor.png", b"<svg onload=alert(1)>", "image/png")
    data = form_for(category) | {"new_images": script}
    assert submit(staff, change_url(motor), data).status_code == 200
    assert not motor.images.exists()


def test_related_products_are_saved(staff: Client, motor: Product, category: Category) -> None:
    other = Product.objects.create(title="Propeller", product_class=motor.product_class)
    data = form_for(category) | {
        "primary_recommendations-TOTAL_FORMS": 1,
        "primary_recommendations-0-recommendation": other.pk,
        "primary_recommendations-0-ranking": "0",
    }
    answer = submit(staff, change_url(motor), data)
    assert answer.status_code == 302, errors_of(answer)
    assert list(motor.recommended_products.all()) == [other]


def test_form_does_not_change_existing_stock(
    staff: Client, motor: Product, category: Category, supplier: Partner
) -> None:
    record = motor.stockrecords.get()
    row = stock_data(supplier, id=record.pk, num_in_stock="3", regular_price="5.00")
    data = form_for(category, **row)
    answer = submit(staff, change_url(motor), data)
    assert answer.status_code == 302, errors_of(answer)
    record.refresh_from_db()
    assert record.price == Decimal("5.00")
    assert stock.levels(record) == (10, 0)


def test_backorder_cannot_end_while_items_are_backordered(
    staff: Client, motor: Product, category: Category, supplier: Partner
) -> None:
    record = motor.stockrecords.get()
    StockRecord.objects.filter(pk=record.pk).update(backorder=True)
    stock.commit(12, record)
    data = form_for(category, **stock_data(supplier, id=record.pk))
    answer = submit(staff, change_url(motor), data)
    assert answer.status_code == 200
    assert "turned off: committed to orders: 12; on hand: 10." in answer.content.decode()
    record.refresh_from_db()
    assert record.backorder
    assert stock.levels(record) == (10, 12)


def test_changing_a_price_keeps_concurrent_stock_changes(
    staff: Client, motor: Product, category: Category, supplier: Partner
) -> None:
    record = motor.stockrecords.get()
    stock.commit(2, record)
    ledger.ship(record.pk, 2, reference="order:100999")  # after staff opened the page at 10
    seen = {"initial-stockrecords-0-num_in_stock": "10"}
    data = form_for(category, **stock_data(supplier, id=record.pk, regular_price="5.00"), **seen)
    answer = submit(staff, change_url(motor), data)
    assert answer.status_code == 302, errors_of(answer)
    record.refresh_from_db()
    assert (record.price, record.num_in_stock, record.num_allocated) == (Decimal("5.00"), 8, 0)


def test_variant_inherits_attributes_and_has_its_own_stock(
    staff: Client, product_type: Any, category: Category, supplier: Partner
) -> None:
    data = form_for(category, upc="")
    data = {name: value for name, value in data.items() if "stockrecords" not in name}
    answer = staff.post(f"{ADD}?type={product_type.pk}&structure=parent", data)
    assert answer.status_code == 302, errors_of(answer)
    parent = Product.objects.get(structure="parent")
    variant = form_for(
        category, title="Left-hand", upc="MF-M4-L", attribute_voltage="",
        attribute_brushed="unknown", **stock_data(supplier),
    )  # fmt: skip
    answer = staff.post(f"{ADD}?parent={parent.pk}", variant)
    assert answer.status_code == 302, errors_of(answer)
    child = parent.children.get()
    assert (child.product_class, child.stockrecords.get().num_in_stock) == (None, 10)
    assert not child.attribute_values.exists()
    assert Product.objects.get(pk=child.pk).attr.voltage == 3.7
    page = staff.get(change_url(parent)).content.decode()
    assert change_url(child) in page
    assert "Left-hand" in page
    assert staff.get(change_url(child)).status_code == 200


def test_low_stock_is_listed_and_counted(staff: Client, motor: Product) -> None:
    listed = reverse("admin:catalogue_product_changelist")
    row = f"{change_url(motor)}?_changelist_filters"
    assert row not in staff.get(listed, {"stock": "low"}).content.decode()
    stock.put(5, motor.stockrecords.get())
    stock.commit(2, motor.stockrecords.get())
    assert row in staff.get(listed, {"stock": "low"}).content.decode()
    start = staff.get(reverse("admin:index")).content.decode()
    assert "<strong>1</strong> products low, out of stock or backordered" in start


def test_category_is_moved(staff: Client, category: Category) -> None:
    gear = Category.objects.add_root(instance=Category(name="Gear"))
    toys = Category.objects.add_root(instance=Category(name="Toys"))
    url = reverse("admin:catalogue_category_change", args=[toys.pk])
    data = {"name": "Toys", "slug": "toys", "parent": gear.pk, "after": "", "is_public": "on"}
    assert submit(staff, url, data).status_code == 302
    toys.refresh_from_db()
    assert Category.objects.get_parent(toys) == gear
    data = {"name": "Toys", "slug": "toys", "parent": "", "after": category.pk, "is_public": "on"}
    assert submit(staff, url, data).status_code == 302
    names = Category.objects.order_by("path").values_list("name", "depth")
    assert list(names) == [("Motors", 1), ("Toys", 1), ("Gear", 1)]


def test_subcategory_is_added(staff: Client, category: Category) -> None:
    data = {"name": "Brushless", "slug": "", "parent": category.pk, "after": "", "is_public": "on"}
    assert staff.post(reverse("admin:catalogue_category_add"), data).status_code == 302
    added = Category.objects.get(name="Brushless")
    assert (Category.objects.get_parent(added), added.slug) == (category, "brushless")


def test_saved_product_is_searchable_and_its_images_have_sizes(
    staff: Client,
    motor: Product,
    category: Category,
    django_capture_on_commit_callbacks: Any,
) -> None:
    data = form_for(category, title="Whisper motor") | {"new_images": png()}
    before = cache.get(page_cache.STAMP)
    with django_capture_on_commit_callbacks(execute=True):
        submit(staff, change_url(motor), data)
    motor.refresh_from_db()
    assert "whisper" in motor.search_document.title.split()
    image = motor.images.get()
    assert (image.width, image.height) == (40, 30)
    picture = card_of(motor.pk, motor.card).picture
    assert picture
    assert (picture.width, picture.height) == (40, 30)
    assert cache.get(page_cache.STAMP) not in (None, before)


def test_renamed_attribute_is_shown_by_its_products(
    staff: Client, motor: Product, product_type: ProductClass
) -> None:
    ProductAttribute.objects.filter(code="voltage").update(name="Nominal voltage (V)")
    url = reverse("admin:catalogue_productclass_change", args=[product_type.pk])
    data = {"name": product_type.name, **no_rows("attributes")}
    assert submit(staff, url, data).status_code == 302
    motor.refresh_from_db()
    assert '"Nominal voltage"' in motor.details
    assert "nominal" in motor.search_document.body.split()


def test_renamed_option_is_shown_by_its_products(
    staff: Client, motor: Product, product_type: ProductClass
) -> None:
    colour = product_type.attributes.get(code="colour")
    red = colour.option_group.options.get(option="red")
    ProductAttributeValue.objects.create(product=motor, attribute=colour, value_option=red)
    colour.option_group.options.filter(pk=red.pk).update(option="crimson")
    url = reverse("admin:catalogue_attributeoptiongroup_change", args=[colour.option_group_id])
    data = {"name": colour.option_group.name, **no_rows("options")}
    assert submit(staff, url, data).status_code == 302
    motor.refresh_from_db()
    assert '"crimson"' in motor.details
    assert "crimson" in motor.search_document.attributes.split()


def test_products_are_searched_by_title_and_sku(staff: Client, motor: Product) -> None:
    listed = reverse("admin:catalogue_product_changelist")
    for words in ("motor 4", "mf-m4"):
        found = staff.get(listed, {"q": words}).content.decode()
        assert f"{change_url(motor)}?_changelist_filters" in found


def test_only_standalone_products_have_a_price(staff: Client, product_type: ProductClass) -> None:
    page = staff.get(f"{ADD}?type={product_type.pk}").content.decode()
    assert 'name="stockrecords-0-regular_price"' in page
    parents = staff.get(f"{ADD}?type={product_type.pk}&structure=parent").content.decode()
    assert "stockrecords-0-regular_price" not in parents


def test_product_with_committed_stock_is_not_deleted(staff: Client, motor: Product) -> None:
    url = reverse("admin:catalogue_product_delete", args=[motor.pk])
    stock.commit(2, motor.stockrecords.get())
    answer = staff.post(url, {"post": "yes"})
    assert "2 × MF-M4, committed to orders" in answer.content.decode()
    listed = reverse("admin:catalogue_product_changelist")
    chosen = {"action": "delete_selected", "_selected_action": [motor.pk], "post": "yes"}
    staff.post(listed, chosen)
    assert Product.objects.filter(pk=motor.pk).exists()
    stock.release(2)
    assert staff.post(url, {"post": "yes"}).status_code == 302
    assert not Product.objects.filter(pk=motor.pk).exists()
