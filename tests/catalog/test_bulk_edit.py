"""Bulk edit of products: grid, values for all rows, preview, one transaction, undo."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.users.models import User
from catalog.admin import bulk_plan
from catalog.facts import ProductFacts
from catalog.models import Category, Product
from catalog.partner import ledger
from catalog.partner.models import Partner, StockRecord
from catalog.read_model import card_of
from microflight.core import page_cache
from tests.admin_forms import fields_of
from tests.catalog import factories

RED = {"Colour": "red"}
URL = reverse("admin:catalogue_product_bulk_edit")


@pytest.fixture
def motors(db: None) -> list[Product]:
    """Three motors of 10.00, 20.00 and 30.05 dollars."""
    into = factories.category("Motors")
    return [
        factories.product(
            f"Motor {n}", sku=f"MF-{n}", price=price, into=into, values={"Colour": "red"}
        )
        for n, price in enumerate(("10.00", "20.00", "30.05"), 1)
    ]


def prices() -> list[Decimal]:
    return list(StockRecord.objects.order_by("pk").values_list("price", flat=True))


def page_of(client: Client, **query: str) -> dict[str, Any]:
    return fields_of(client.get(URL, query).content.decode())


def preview(client: Client, **values: Any) -> Any:
    return client.post(URL, {**page_of(client), **values, "preview": "1"})


def apply(client: Client, answer: Any) -> Any:
    plan = fields_of(answer.content.decode())["plan"]
    return client.post(URL, {"plan": plan, "apply": "1"}, follow=True)


def test_grid_saves_the_cells_that_were_typed(staff: Client, motors: list[Product]) -> None:
    data = page_of(staff)
    data[f"cell-{motors[0].pk}-regular_price"] = "11,50"
    data[f"cell-{motors[2].pk}-location"] = "A-7"
    answer = staff.post(URL, {**data, "grid": "1"}, follow=True)
    assert "2 products changed." in answer.content.decode()
    assert prices() == [Decimal("11.50"), Decimal("20.00"), Decimal("30.05")]
    assert StockRecord.objects.get(product=motors[2]).location == "A-7"
    assert LogEntry.objects.filter(change_message__startswith="Bulk edit").count() == 2


def test_grid_rejects_a_cell_that_another_person_changed(
    staff: Client, motors: list[Product]
) -> None:
    data = page_of(staff)
    StockRecord.objects.filter(product=motors[0]).update(price=Decimal("15.00"))
    data[f"cell-{motors[0].pk}-regular_price"] = "11.50"
    data[f"cell-{motors[1].pk}-regular_price"] = "21.00"
    answer = staff.post(URL, {**data, "grid": "1"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "MF-1, Price: Someone else changed this to 15.00." in page
    assert 'value="21.00"' in page
    assert prices() == [Decimal("15.00"), Decimal("20.00"), Decimal("30.05")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+5%", ["10.50", "21.00", "31.55"]),
        ("-1.00", ["9.00", "19.00", "29.05"]),
        ("−2,5", ["7.50", "17.50", "27.55"]),
        ("9.99", ["9.99", "9.99", "9.99"]),
        ("= 9.99", ["9.99", "9.99", "9.99"]),
    ],
)
def test_price_of_all_rows_is_changed_after_a_preview(
    staff: Client, motors: list[Product], text: str, expected: list[str]
) -> None:
    answer = preview(staff, regular_price=text)
    assert all(f"<td>{price}</td>" in answer.content.decode() for price in expected)
    assert prices() == [Decimal("10.00"), Decimal("20.00"), Decimal("30.05")]
    apply(staff, answer)
    assert prices() == [Decimal(price) for price in expected]


@pytest.mark.parametrize(
    "text", ["abc", "+x%", "-200%", "1e9", "NaN", "9" * 10_000, "x\x00", "1,234"]
)
def test_price_that_is_no_price_changes_nothing(
    staff: Client, motors: list[Product], text: str
) -> None:
    answer = preview(staff, regular_price=text)
    assert answer.status_code in (200, 422)
    assert "Change 3 products" not in answer.content.decode()
    assert prices() == [Decimal("10.00"), Decimal("20.00"), Decimal("30.05")]


def test_rows_that_changed_since_the_preview_are_named(
    staff: Client, motors: list[Product]
) -> None:
    answer = preview(staff, regular_price="+5%")
    StockRecord.objects.filter(product=motors[1]).update(price=Decimal("22.00"))
    page = apply(staff, answer).content.decode()
    assert "Changed since the preview: MF-2." in page
    assert prices() == [Decimal("10.00"), Decimal("22.00"), Decimal("30.05")]


def test_undo_restores_all_but_what_changed_since(staff: Client, motors: list[Product]) -> None:
    done = apply(staff, preview(staff, regular_price="+5%"))
    url = done.redirect_chain[-1][0]
    record = StockRecord.objects.get(product=motors[1])
    record.price = Decimal("25.00")
    record.save()
    page = staff.post(url, follow=True).content.decode()
    assert "2 rows restored." in page
    assert "Changed since, so left as they are: MF-2." in page
    assert prices() == [Decimal("10.00"), Decimal("25.00"), Decimal("30.05")]
    assert "This bulk edit was undone." in page


def test_categories_attributes_and_facts_are_changed_and_undone(
    staff: Client, motors: list[Product]
) -> None:
    spare = factories.category("Spare parts")
    colour = motors[0].attribute_values.get().attribute
    values = {
        "add_category": spare.pk,
        f"attribute-{colour.pk}": "blue",
        "customs_description": "Motor",
    }
    shown = preview(staff, is_public="false", **values)
    assert "cannot be changed" not in shown.content.decode()
    done = apply(staff, shown)
    product = Product.objects.get(pk=motors[0].pk)
    assert product.is_public is False
    assert spare in product.categories.all()
    assert product.attribute_values.get().value == "blue"
    assert product.facts.customs_description == "Motor"
    before = motors[0].facts.customs_description
    staff.post(done.redirect_chain[-1][0])
    product = Product.objects.get(pk=motors[0].pk)
    assert product.is_public is True
    assert list(product.categories.all()) == list(Category.objects.filter(name="Motors"))
    assert product.attribute_values.get().value == "red"
    assert product.facts.customs_description == before


def test_only_category_of_a_product_stays(staff: Client, motors: list[Product]) -> None:
    only = motors[0].categories.get()
    page = preview(staff, remove_category=only.pk).content.decode()
    assert "It is the only category of this product." in page
    assert "Nothing changes." in page


def test_pages_and_cards_are_updated_once(
    staff: Client, motors: list[Product], django_capture_on_commit_callbacks: Any
) -> None:
    answer = preview(staff, weight_g="4.2")
    with django_capture_on_commit_callbacks() as callbacks:
        apply(staff, answer)
    assert [each.__module__ for each in callbacks].count(page_cache.__name__) == 1
    product = Product.objects.get(pk=motors[0].pk)
    assert card_of(product.pk, product.card).weight_g == "4.20"
    assert product.card != ""


def test_filters_of_the_list_select_the_rows(staff: Client, motors: list[Product]) -> None:
    data = page_of(staff, q="MF-2")
    assert [name for name in data if name.endswith("-regular_price")] == [
        f"cell-{motors[1].pk}-regular_price"
    ]
    assert staff.get(URL, {"nonsense__x": "1"}).status_code in (302, 404)


def test_staff_without_permission_for_stock_change_no_prices(
    client: Client, alice: User, motors: list[Product]
) -> None:
    alice.is_staff = True
    alice.save()
    alice.user_permissions.set(
        Permission.objects.filter(codename__in=["change_product", "view_product"])
    )
    client.force_login(alice)
    page = client.get(URL).content.decode()
    assert "_price" not in page
    assert 'name="weight_g"' in page
    data = {**fields_of(page), f"cell-{motors[0].pk}-regular_price": "1.00", "grid": "1"}
    client.post(URL, data)
    assert prices()[0] == Decimal("10.00")
    alice.user_permissions.clear()
    assert client.get(URL).status_code == 403


def test_forged_plan_is_rejected(staff: Client, motors: list[Product]) -> None:
    answer = staff.post(URL, {"plan": "x", "apply": "1"})
    assert "Nothing changes." in answer.content.decode()
    assert staff.get(f"{URL}00000000/").status_code == 404


def test_values_shown_in_the_grid_are_no_plan(staff: Client, motors: list[Product]) -> None:
    answer = staff.post(URL, {"plan": page_of(staff)["shown"], "apply": "1"})
    assert "Nothing changes." in answer.content.decode()
    assert prices() == [Decimal("10.00"), Decimal("20.00"), Decimal("30.05")]


def test_category_deleted_since_the_preview_changes_nothing(
    staff: Client, motors: list[Product]
) -> None:
    gear = factories.category("Gear")
    answer = preview(staff, add_category=gear.pk)
    gear.delete()
    page = apply(staff, answer).content.decode()
    assert "Changed since the preview: MF-1, MF-2, MF-3." in page
    assert [each.categories.get().name for each in motors] == ["Motors"] * 3


def test_attribute_of_many_products_is_read_once(staff: Client, motors: list[Product]) -> None:
    attribute = motors[0].product_class.attributes.get(name="Colour")
    plans = []
    for pks in ([motors[0].pk], [each.pk for each in motors]):
        products = bulk_plan.load(pks)
        with CaptureQueriesContext(connection) as asked:
            edits = bulk_plan.plan(products, {None: {f"attribute-{attribute.pk}": "red"}})
        plans.append((edits, len(asked)))
    assert plans == [([], 1), ([], 1)]


def test_undo_needs_the_permissions_of_the_edit(
    client: Client, staff: Client, alice: User, motors: list[Product]
) -> None:
    url = apply(staff, preview(staff, regular_price="+5%")).redirect_chain[-1][0]
    raised = prices()
    alice.is_staff = True
    alice.save()
    alice.user_permissions.set(Permission.objects.filter(codename="change_product"))
    other = Client()
    other.force_login(alice)
    assert "Undo" not in other.get(url).content.decode()
    assert other.post(url).status_code == 403
    assert prices() == raised


def test_supplier_who_has_the_sku_already_is_rejected(staff: Client, motors: list[Product]) -> None:
    other = Partner.objects.create(name="Other", code="other")
    StockRecord.objects.create(product=motors[0], partner=other, partner_sku="mf-1")
    answer = preview(staff, partner=other.pk)
    assert "Another product of this supplier has this SKU" in answer.content.decode()


def test_price_typed_in_the_grid_during_a_sale_is_the_regular_price(
    staff: Client, motors: list[Product]
) -> None:
    today = timezone.localdate()
    StockRecord.objects.filter(product=motors[0]).update(sale_price="8.00", sale_from=today)
    data = page_of(staff)
    name = f"cell-{motors[0].pk}-regular_price"
    assert (data[name], prices()[0]) == (["10.00"], Decimal("8.00"))
    staff.post(URL, {**data, name: "12", "grid": "1"})
    record = StockRecord.objects.get(product=motors[0])
    assert (record.price, record.regular_price) == (Decimal("8.00"), Decimal("12.00"))
    page = staff.post(URL, {**page_of(staff), name: "7", "grid": "1"}).content.decode()
    assert "The sale price must be lower than the price." in page
    record.refresh_from_db()
    assert record.regular_price == Decimal("12.00")


def test_price_is_rejected_with_its_sale(staff: Client, motors: list[Product]) -> None:
    # Mutation: the price was saved without the sale price that it was checked with
    today = timezone.localdate()
    StockRecord.objects.update(sale_from=today)
    StockRecord.objects.filter(product=motors[2]).update(sale_price="15.00")
    answer = preview(staff, regular_price="10", sale_price="12", location="A-7")
    assert {edit.name for edit in answer.context["edits"] if not edit.error} == {"location"}
    apply(staff, answer)
    rows = StockRecord.objects.order_by("pk").values_list("price", "location")
    assert list(rows) == [
        (Decimal("10.00"), "A-7"), (Decimal("20.00"), "A-7"), (Decimal("15.00"), "A-7"),
    ]  # fmt: skip
    assert StockRecord.objects.get(product=motors[2]).regular_price == Decimal("30.05")


def test_undo_runs_as_many_queries_for_many_products_as_for_few(
    staff: Client, motors: list[Product]
) -> None:
    into, spare = motors[0].categories.get(), factories.category("Spare parts")
    colour = motors[0].attribute_values.get().attribute
    values = {"regular_price": "+5%", "add_category": spare.pk, "customs_description": "Motor"}
    counts = []
    for number in (0, 20):
        for n in range(number):
            factories.product(f"More {n}", into=into, values={"Colour": "red"})
        shown = preview(staff, **values, **{f"attribute-{colour.pk}": "blue"})
        url = apply(staff, shown).redirect_chain[-1][0]
        with CaptureQueriesContext(connection) as queries:
            assert bulk_plan.undo(url.split("/")[-2], by=None)[0] == 4 * (3 + number)
        counts.append(len(queries))
    assert counts[1] - counts[0] <= 2
    assert set(prices()) == {Decimal("10.00"), Decimal("20.00"), Decimal("30.05")}
    assert {one.categories.get() for one in Product.objects.all()} == {into}
    assert {one.value for one in colour.productattributevalue_set.all()} == {"red"}
    assert ProductFacts.objects.filter(customs_description="Motor").count() == 0
    newest = Product.objects.order_by("pk").last().history.first()
    assert (newest.history_change_reason[:16], newest.related) == (
        "Undid bulk edit ", {"categories": [into.pk]},
    )  # fmt: skip


@pytest.mark.parametrize("allowed", [True, False])
def test_undo_leaves_what_would_break_a_rule(
    staff: Client, motors: list[Product], allowed: bool
) -> None:
    url = apply(staff, preview(staff, backorder="true")).redirect_chain[-1][0]
    if not allowed:  # more is committed than on hand
        record = StockRecord.objects.get(product=motors[1])
        ledger.reserve([(record.pk, 21, "Motor 2")], reference="order:1")
    page = staff.post(url, follow=True).content.decode()
    kept = "Changed since, so left as they are: MF-2." in page
    found = StockRecord.objects.order_by("pk").values_list("backorder", flat=True)
    assert (kept, list(found)) == (not allowed, [False, not allowed, False])
