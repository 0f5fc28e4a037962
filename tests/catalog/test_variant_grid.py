"""The product form: variants as a table, images kept after errors, one SKU."""

from decimal import Decimal

from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from oscar.apps.partner.models import Partner

from accounts.users.models import User
from catalog.models import Category, Product, ProductClass
from catalog.partner.models import StockMovement, StockRecord
from tests.admin_forms import fields_of, open_form
from tests.catalog import stock
from tests.catalog.product_form import (
    ADD,
    errors_of,
    form_for,
    generated,
    no_rows,
    option,
    png,
    typed,
)


def change_url(product: Product) -> str:
    return reverse("admin:catalogue_product_change", args=[product.pk])


def test_combinations_become_variants_with_price_and_opening_stock(
    four: Product, charlie: User
) -> None:
    assert (four.structure, four.stockrecords.count()) == ("parent", 0)
    rows = [
        (one.title, one.upc, one.weight_g, record.partner_sku, record.price, record.num_in_stock)
        for one in four.children.order_by("pk")
        for record in one.stockrecords.all()
    ]
    weight, price = Decimal("0.60"), Decimal("4.50")
    assert rows == [
        ("Paint, Red, Matt", "MF-P-RED-MATT", weight, "MF-P-RED-MATT", price, 10),
        ("Paint, Red, Gloss", "MF-P-RED-GLOSS", weight, "MF-P-RED-GLOSS", price, 10),
        ("Paint, Blue, Matt", "MF-P-BLUE-MATT", weight, "MF-P-BLUE-MATT", price, 10),
        ("Paint, Blue, Gloss", "MF-P-BLUE-GLOSS", weight, "MF-P-BLUE-GLOSS", Decimal("5.00"), 2),
    ]
    last = four.children.order_by("pk").last()
    assert last
    values = {row.attribute.code: str(row.value) for row in last.attribute_values.all()}
    assert values == {"colour": "Blue", "finish": "Gloss"}
    movements = StockMovement.objects.order_by("pk").values_list("type", "on_hand_change", "by")
    assert list(movements) == [("receipt", 10, charlie.pk)] * 3 + [("receipt", 2, charlie.pk)]


def test_generating_again_adds_only_missing_combinations(
    staff: Client, paint: ProductClass, paints: Category
) -> None:
    red, blue = option("colour", "Red"), option("colour", "Blue")
    page = generated(staff, typed(paint, paints, varies_colour=[red]))
    assert page["children-TOTAL_FORMS"] == ["1"]
    page = generated(staff, page | {"children-0-price": "3,60", "varies_colour": [red, blue]})
    assert page["children-TOTAL_FORMS"] == ["2"]
    assert page["children-0-price"] == ["3,60"]
    assert page["children-1-upc"] == ["MF-P-BLUE"]


def test_too_many_combinations_are_not_generated(
    staff: Client, paint: ProductClass, paints: Category
) -> None:
    values = "; ".join(map(str, range(101)))
    answer = staff.post(ADD, typed(paint, paints, varies_maker=values, _generate="1"))
    assert "These are more than 100 combinations." in answer.content.decode()
    assert 'name="children-0-upc"' not in answer.content.decode()


def test_change_of_type_keeps_what_was_typed(
    staff: Client, paint: ProductClass, paints: Category
) -> None:
    glue = ProductClass.objects.create(name="Glue")
    data = typed(paint, paints, title="", product_type=glue.pk, _change_type="1")
    answer = staff.post(ADD, data)
    page = fields_of(answer.content.decode())
    assert (page["upc"], page["stockrecords-0-regular_price"]) == (["MF-P"], ["4.50"])
    assert page["product_type"] == [str(glue.pk)]
    assert "attribute_maker" not in page
    assert "This field is required" not in answer.content.decode()
    assert not Product.objects.exists()


def test_variant_row_edits_price_stock_and_sku(staff: Client, four: Product, charlie: User) -> None:
    page = open_form(staff, change_url(four))
    changes = {"children-0-price": "6,00", "children-0-on_hand": "7", "children-1-upc": "MF-P-RG"}
    answer = staff.post(change_url(four), page | changes)
    assert answer.status_code == 302, errors_of(answer)
    first, second = four.children.order_by("pk")[:2]
    record = first.stockrecords.get()
    assert (record.price, record.num_in_stock) == (Decimal("6.00"), 7)
    assert second.stockrecords.get().partner_sku == "MF-P-RG"
    movement = StockMovement.objects.first()
    assert movement
    assert (movement.type, movement.on_hand_change, movement.by) == ("count", -3, charlie)
    assert StockMovement.objects.count() == 5


def test_variant_row_is_checked_like_the_form_of_its_stock_record(
    staff: Client, four: Product
) -> None:
    first, second = StockRecord.objects.filter(product__parent=four).order_by("pk")[:2]
    for record in (first, second):
        record.sale_price, record.sale_from = Decimal("4.00"), timezone.localdate()
        record.save()
    page = open_form(staff, change_url(four))
    assert page["children-0-price"] == ["4.50"]
    answer = staff.post(change_url(four), page | {"children-0-price": "3.90"})
    assert "The sale price must be lower than the price." in answer.content.decode()
    other = Partner.objects.create(name="Other")
    StockRecord.objects.create(product=first.product, partner=other, partner_sku="MF-P-RED-MATT")
    page = open_form(staff, change_url(four))
    changes = {"children-0-price": "6", "children-0-partner": other.pk}
    answer = staff.post(change_url(four), page | changes)
    assert "Another product of this supplier has this SKU" in answer.content.decode()
    first.refresh_from_db()
    assert (first.regular_price, first.partner_id) == (Decimal("4.50"), second.partner_id)
    assert staff.post(change_url(four), page | {"children-0-price": "6"}).status_code == 302
    first.refresh_from_db()
    assert (first.price, first.regular_price) == (Decimal("4.00"), Decimal("6.00"))


def test_count_below_committed_stock_is_rejected(staff: Client, four: Product) -> None:
    record = StockRecord.objects.get(partner_sku="MF-P-RED-MATT")
    stock.commit(4, record)
    page = open_form(staff, change_url(four))
    answer = staff.post(change_url(four), page | {"children-0-on_hand": "3"})
    assert "Committed to orders: 4." in answer.content.decode()
    record.refresh_from_db()
    assert stock.levels(record) == (10, 4)


def test_removed_variant_is_deleted_or_hidden_if_orders_need_it(
    staff: Client, four: Product
) -> None:
    needed = StockRecord.objects.get(partner_sku="MF-P-RED-MATT")
    stock.commit(1, needed)
    page = open_form(staff, change_url(four))
    gone = {"children-0-DELETE": "on", "children-1-DELETE": "on"}
    answer = staff.post(change_url(four), page | gone, follow=True)
    assert answer.redirect_chain, errors_of(answer)
    assert "MF-P-RED-MATT was hidden instead of deleted" in answer.content.decode()
    left = four.children.order_by("pk").values_list("upc", "is_public")
    assert list(left) == [
        ("MF-P-RED-MATT", False), ("MF-P-BLUE-MATT", True), ("MF-P-BLUE-GLOSS", True),
    ]  # fmt: skip


def test_one_sku_in_two_rows_is_rejected(staff: Client, four: Product) -> None:
    page = open_form(staff, change_url(four))
    answer = staff.post(change_url(four), page | {"children-1-upc": "mf-p-red-matt"})
    assert answer.status_code == 200
    assert "perhaps in another case" in answer.content.decode()
    assert four.children.filter(upc="MF-P-RED-GLOSS").exists()


def test_variant_without_a_required_attribute_is_rejected(
    staff: Client, paint: ProductClass, paints: Category
) -> None:
    red = option("colour", "Red")
    page = generated(staff, typed(paint, paints, attribute_maker="", varies_colour=[red]))
    answer = staff.post(ADD, page)
    assert "Maker is required." in answer.content.decode()
    assert not Product.objects.exists()


def test_stock_needs_a_sku(staff: Client, paint: ProductClass, paints: Category) -> None:
    answer = staff.post(ADD, typed(paint, paints, upc=""))
    assert "Enter the SKU of the product." in answer.content.decode()
    assert not Product.objects.exists()


def test_new_sku_is_that_of_the_stock_record(
    staff: Client, paint: ProductClass, paints: Category
) -> None:
    assert staff.post(ADD, typed(paint, paints)).status_code == 302
    product = Product.objects.get()
    page = open_form(staff, change_url(product))
    assert "stockrecords-0-partner" not in page
    assert staff.post(change_url(product), page | {"upc": "MF-P2"}).status_code == 302
    assert product.stockrecords.get().partner_sku == "MF-P2"


def test_supplier_is_a_choice_if_there_are_two(
    staff: Client, paint: ProductClass, paints: Category
) -> None:
    other = Partner.objects.create(name="Other")
    assert staff.post(ADD, typed(paint, paints)).status_code == 200
    chosen = typed(paint, paints, **{"stockrecords-0-partner": other.pk})
    assert staff.post(ADD, chosen).status_code == 302
    assert StockRecord.objects.get().partner == other


def test_chosen_images_are_kept_after_an_error(
    staff: Client, paint: ProductClass, paints: Category
) -> None:
    data = typed(paint, paints, title="", new_images=[png(), png("red")])
    answer = staff.post(ADD, data)
    assert answer.status_code == 200
    page = fields_of(answer.content.decode())
    assert page["images-TOTAL_FORMS"] == ["2"]
    changes = {"title": "Paint", "images-0-display_order": "5", "images-1-caption": "Red lid"}
    answer = staff.post(ADD, page | changes)
    assert answer.status_code == 302, errors_of(answer)
    first, second = Product.objects.get().images.all()
    assert (first.caption, second.caption, second.display_order) == ("Red lid", "", 5)
    assert default_storage.exists(str(first.original.name))


def test_forged_name_of_an_upload_is_rejected(
    staff: Client, paint: ProductClass, paints: Category
) -> None:
    row = {"images-TOTAL_FORMS": 1, "images-0-upload": "secret.pdf", "images-0-display_order": "0"}
    answer = staff.post(ADD, typed(paint, paints, **row))
    assert "This image is no longer stored. Choose it again." in answer.content.decode()
    assert not Product.objects.exists()


def test_variant_form_of_a_product_without_rows_is_saved(
    staff: Client, paint: ProductClass, paints: Category
) -> None:
    data = form_for(paints, title="Paint", upc="", attribute_maker="x", product_type=paint.pk)
    answer = staff.post(f"{ADD}?structure=parent", data | no_rows("children"))
    assert answer.status_code == 302, errors_of(answer)
    assert Product.objects.get().structure == "parent"
