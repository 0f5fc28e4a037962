"""Staff add products in the admin: a simple one, and one with variants."""

from decimal import Decimal

import pytest
from oscar.apps.partner.models import Partner
from playwright.sync_api import Page, expect

from catalog.models import AttributeOptionGroup, Category, Product, ProductAttribute, ProductClass
from tests.browser.admin_tasks.tasks import handbook_image, open_form


@pytest.fixture
def catalogue(shop: str) -> ProductClass:
    """Motors and paint; the newest product is paint."""
    Partner.objects.create(name="Plantraco")
    Category.objects.add_root(instance=Category(name="Workshop"))
    ProductClass.objects.create(name="Motor")
    paint = ProductClass.objects.create(name="Paint")
    group = AttributeOptionGroup.objects.create(name="Finish", code="finish")
    for each in ("Matt", "Gloss"):
        group.options.create(option=each)
    make = ProductAttribute.objects.create
    make(product_class=paint, name="Finish", code="finish", type="option", option_group=group)
    make(product_class=paint, name="Volume (ml)", code="volume_ml", type="integer")
    Product.objects.create(title="Primer", product_class=paint)
    return paint


def _type_the_basics(page: Page, sku: str) -> None:
    """Type without a click: the first field has the focus."""
    page.locator("#id_title").fill("Enamel paint")
    page.locator("#id_upc").fill(sku)
    page.locator("#id_weight_g").fill("20")
    page.locator("#id_stockrecords-0-regular_price").fill("4.50")
    page.locator("#id_stockrecords-0-num_in_stock").fill("12")


def _choose_what_carriers_need(page: Page) -> None:
    page.get_by_label("Workshop").check()
    page.locator("#id_facts-0-battery").select_option(label="no battery")


def test_simple_product_is_added(task, catalogue: ProductClass) -> None:  # type: ignore[no-untyped-def]
    with task("add a simple product") as page:
        open_form(page, "add product", "/admin/catalogue/product/add/")
        _type_the_basics(page, "MF-EP")
        _choose_what_carriers_need(page)
        handbook_image(page, "new-product")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".messagelist")).to_contain_text("Enamel paint")
    product = Product.objects.get(upc="MF-EP")
    record = product.stockrecords.get()
    assert (product.structure, record.partner_sku) == ("standalone", "MF-EP")
    assert (record.price, record.num_in_stock) == (Decimal("4.50"), 12)


def test_product_with_four_variants_is_added(task, catalogue: ProductClass) -> None:  # type: ignore[no-untyped-def]
    with task("add a product with 4 variants") as page:
        open_form(page, "add product", "/admin/catalogue/product/add/")
        _type_the_basics(page, "MF-EP")
        _choose_what_carriers_need(page)
        page.locator("#children-group").get_by_label("Matt").check()
        page.locator("#children-group").get_by_label("Gloss").check()
        page.locator("[name=varies_volume_ml]").fill("10; 20")
        page.get_by_role("button", name="Generate variants").click()
        expect(page.locator("#children-group tbody tr")).to_have_count(4)
        page.locator("#id_children-3-price").fill("5.00")
        handbook_image(page, "variants")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".messagelist")).to_contain_text("Enamel paint")
    parent = Product.objects.get(title="Enamel paint")
    assert parent.children.order_by("pk")[0].title == "Enamel paint, Matt, 10 ml"
    rows = parent.children.order_by("pk").values_list("upc", "stockrecords__price")
    assert list(rows) == [
        ("MF-EP-MATT-10", Decimal("4.50")), ("MF-EP-MATT-20", Decimal("4.50")),
        ("MF-EP-GLOSS-10", Decimal("4.50")), ("MF-EP-GLOSS-20", Decimal("5.00")),
    ]  # fmt: skip


def test_change_of_type_keeps_what_was_typed(
    admin: Page, shop: str, catalogue: ProductClass
) -> None:
    admin.goto(f"{shop}/admin/catalogue/product/add/")
    _type_the_basics(admin, "MF-M")
    admin.get_by_label("Product type").select_option(label="Motor")
    expect(admin.get_by_label("Volume (ml)")).to_have_count(0)
    assert admin.locator("#id_upc").input_value() == "MF-M"
    admin.get_by_role("button", name="Save", exact=True).click()  # without category and battery
    expect(admin.locator(".errornote")).to_be_visible()
    assert admin.locator("#id_upc").input_value() == "MF-M"
    assert admin.get_by_label("Product type").input_value() == str(
        ProductClass.objects.get(name="Motor").pk
    )


def test_images_are_uploaded_at_once_and_put_in_order(
    admin: Page, shop: str, catalogue: ProductClass
) -> None:
    from tests.catalog.product_form import png

    admin.goto(f"{shop}/admin/catalogue/product/add/")
    files = [
        {"name": f"{name}.png", "mimeType": "image/png", "buffer": png(name).read()}
        for name in ("red", "blue")
    ]
    admin.get_by_label("Add images").set_input_files(files)  # type: ignore[arg-type]
    rows = admin.locator("[data-sortable] > li")
    expect(rows).to_have_count(2)
    rows.nth(1).get_by_label("Alternative text").fill("Blue lid")
    rows.nth(1).get_by_role("button", name="Move earlier").press("Enter")
    assert rows.nth(0).get_by_label("Alternative text").input_value() == "Blue lid"
    orders = [rows.nth(place).get_by_label("Order").input_value() for place in (0, 1)]
    assert orders == ["0", "1"]
