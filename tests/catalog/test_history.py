"""Versions of products: old and new values, who, when, why; restoring one; retention."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.users.models import User
from catalog.models import Category, Product
from catalog.partner import ledger
from catalog.partner.models import StockRecord
from catalog.read_model import card_of
from catalog.tasks import delete_old_history
from microflight.core import history
from tests.catalog import factories


@pytest.fixture
def motor(db: None) -> Product:
    """A motor in a category, without versions, as after an update of the shop."""
    made = factories.product("Motor", into=factories.category("Motors"), values={"Colour": "red"})
    for model in history.tracked_models():
        model.history.all().delete()
    return made


def url(product: Product) -> str:
    return reverse("admin:catalogue_product_history", args=[product.pk])


def test_first_change_records_the_version_before_it(motor: Product) -> None:
    record = motor.stockrecords.get()
    record.price = Decimal("12.00")
    record.save()
    assert [row.regular_price for row in record.history.all()] == [
        Decimal("12.00"),
        Decimal("10.00"),
    ]


def test_categories_belong_to_the_version_of_the_same_save(motor: Product) -> None:
    spare = factories.category("Spare parts")
    old = motor.categories.get().pk
    motor.title = "Motor 4 mm"
    motor.save()
    motor.categories.add(spare)
    assert [(row.title, row.related["categories"]) for row in motor.history.all()] == [
        ("Motor 4 mm", [old, spare.pk]),
        ("Motor", [old]),
    ]


def test_stock_of_orders_has_no_version(motor: Product) -> None:
    record = motor.stockrecords.get()
    ledger.reserve([(record.pk, 2, "Motor")], reference="order:1")
    ledger.ship(record.pk, 2, reference="order:1")
    ledger.receive(record.pk, 5, by=None)
    assert record.history.count() == 0


def test_page_shows_old_and_new_values_with_who_and_why(
    staff: Client, motor: Product, charlie: User
) -> None:
    with history.recorded(charlie, "Price round of June"):
        record = motor.stockrecords.get()
        record.price = Decimal("12.50")
        record.save()
    page = staff.get(url(motor)).content.decode()
    assert "Price round of June" in page
    assert str(charlie) in page
    row = "".join(page.split('<th scope="row">Price</th>')[1].split("</tr>")[0].split())
    assert row == "<td>10.00</td><td>12.50</td>"


def test_page_runs_few_queries(staff: Client, motor: Product) -> None:
    for number in range(30):
        motor.title = f"Motor {number}"
        motor.save()
    staff.get(url(motor))
    with CaptureQueriesContext(connection) as queries:
        staff.get(url(motor))
    assert len(queries) <= 12


def test_restore_brings_back_values_categories_and_the_card(staff: Client, motor: Product) -> None:
    before = [each.pk for each in motor.categories.all()]
    motor.title = "Wrong title"
    motor.save()
    motor.categories.set([factories.category("Wrong")])
    first = motor.history.last()
    key = f"catalogue.historicalproduct:{first.pk}"
    page = staff.get(url(motor), {"restore": key}).content.decode()
    assert "Wrong title" in page
    assert Product.objects.get(pk=motor.pk).title == "Wrong title"
    answer = staff.post(f"{url(motor)}?restore={key}", follow=True).content.decode()
    assert "Restored the version of" in answer
    stored = Product.objects.get(pk=motor.pk)
    assert stored.title == "Motor"
    assert [each.pk for each in stored.categories.all()] == before
    assert card_of(stored.pk, stored.card).title == "Motor"
    assert stored.card != ""


def test_restored_price_keeps_the_stock(staff: Client, motor: Product) -> None:
    record = motor.stockrecords.get()
    record.price = Decimal("99.00")
    record.save()
    ledger.receive(record.pk, 5, by=None)
    key = f"partner.historicalstockrecord:{record.history.last().pk}"
    staff.post(f"{url(motor)}?restore={key}")
    stored = StockRecord.objects.get(pk=record.pk)
    assert (stored.price, stored.num_in_stock) == (Decimal("10.00"), 25)


def test_restore_that_breaks_a_rule_changes_nothing(staff: Client, motor: Product) -> None:
    other = factories.product("Other", sku="MF-OTHER")
    motor.upc = "MF-NEW"
    motor.save()
    other.upc = "MF-MOTOR"
    other.save()
    key = f"catalogue.historicalproduct:{motor.history.last().pk}"
    answer = staff.post(f"{url(motor)}?restore={key}")
    assert answer.status_code == 422
    assert Product.objects.get(pk=motor.pk).upc == "MF-NEW"


@pytest.mark.parametrize(
    "key",
    [
        "x",
        "catalogue.historicalproduct:9",
        "users.user:1",
        "partner.historicalstockrecord:1\x00",
    ],
)
def test_unknown_version_is_not_found(staff: Client, motor: Product, key: str) -> None:
    assert staff.get(url(motor), {"restore": key}).status_code == 404


def test_version_of_another_product_is_not_found(staff: Client, motor: Product) -> None:
    other = factories.product("Other")
    key = f"catalogue.historicalproduct:{other.history.get().pk}"
    assert staff.post(f"{url(motor)}?restore={key}").status_code == 404


def test_old_versions_are_deleted(motor: Product) -> None:
    motor.title = "Motor 4 mm"
    motor.save()
    motor.history.filter(title="Motor").update(history_date=timezone.now() - timedelta(days=800))
    delete_old_history()
    assert [row.title for row in motor.history.all()] == ["Motor 4 mm"]


def test_category_has_versions(staff: Client, db: None) -> None:
    category = factories.category("Motors")
    category.name = "Coreless motors"
    category.save()
    page = staff.get(reverse("admin:catalogue_category_history", args=[category.pk]))
    assert "Coreless motors" in page.content.decode()
    first = category.history.last()
    address = reverse("admin:catalogue_category_history", args=[category.pk])
    staff.post(f"{address}?restore=catalogue.historicalcategory:{first.pk}")
    assert Category.objects.get(pk=category.pk).name == "Motors"


def test_costs_are_shown_only_to_staff_who_may_see_them_on_the_form(
    client: Client, motor: Product, alice: User
) -> None:
    record = motor.stockrecords.get()
    record.cost = Decimal("4.13")
    record.save()
    key = f"partner.historicalstockrecord:{record.history.first().pk}"
    alice.is_staff = True
    alice.save()
    seen = []
    seen_by_all = ["view_product", "view_productimage"]
    for names in (seen_by_all, [*seen_by_all, "view_stockrecord"]):
        alice.user_permissions.set(Permission.objects.filter(codename__in=names))
        client.force_login(alice)
        form = client.get(reverse("admin:catalogue_product_change", args=[motor.pk]))
        page = client.get(url(motor))
        assert "Motor" in page.content.decode()
        status = client.get(url(motor), {"restore": key}).status_code
        assert "Colour: red" in form.content.decode()
        assert '<fieldset class="module" disabled>' in form.content.decode()
        seen.append(("4.13" in form.content.decode(), "4.13" in page.content.decode(), status))
    assert seen == [(False, False, 404), (True, True, 403)]
