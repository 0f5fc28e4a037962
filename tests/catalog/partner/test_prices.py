"""The price history, and what a reduced price shows."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog import listing
from catalog.models import Product
from catalog.partner.models import StockRecord
from catalog.partner.prices import PriceChange
from tests.admin_forms import open_form
from tests.catalog import factories

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


def record_of(product: Product) -> StockRecord:
    return StockRecord.objects.get(product=product)


def earlier(record: StockRecord, days: int, price: str | None) -> None:
    """Add a price that began so many days ago."""
    at = timezone.now() - timedelta(days=days)
    PriceChange.objects.create(stockrecord=record, price=price and Decimal(price), at=at)


def reduce(record: StockRecord, price: str, **columns: Any) -> Decimal | None:
    """Change the price with a queryset; return the prior price that the trigger stored."""
    StockRecord.objects.filter(pk=record.pk).update(price=Decimal(price), **columns)
    record.refresh_from_db()
    return record.prior_price


def prices_of(record: StockRecord) -> list[Decimal | None]:
    return list(record.price_changes.order_by("pk").values_list("price", flat=True))


def by_save(record: StockRecord) -> None:
    record.price = Decimal("8.00")
    record.save()


def by_bulk_update(record: StockRecord) -> None:
    record.price = Decimal("8.00")
    StockRecord.objects.bulk_update([record], ["price"])


def by_sql(record: StockRecord) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE partner_stockrecord SET price = 8 WHERE id = %s", [record.pk])


# Mutation: without the trigger price_changed, all failed.
@pytest.mark.parametrize("change", [by_save, by_bulk_update, by_sql])
def test_every_way_to_change_a_price_writes_the_history(change: Any) -> None:
    record = record_of(factories.product("Rod", price="10.00"))
    change(record)
    assert prices_of(record) == [Decimal("10.00"), Decimal("8.00")]
    record.refresh_from_db()
    assert record.prior_price == Decimal("10.00")


def test_other_changes_write_no_history() -> None:
    record = record_of(factories.product("Rod", price="10.00"))
    record.location = "A1"
    record.save()
    StockRecord.objects.filter(pk=record.pk).update(price=Decimal("10.00"), backorder=True)
    assert prices_of(record) == [Decimal("10.00")]


def test_save_of_a_record_read_before_leaves_the_prior_price() -> None:
    record = record_of(factories.product("Rod", price="10.00"))
    old = record_of(record.product)
    reduce(record, "8.00")
    old.price, old.location = Decimal("8.00"), "A1"
    old.save()
    record.refresh_from_db()
    assert (record.location, record.prior_price) == ("A1", Decimal("10.00"))


# Mutation: with "at <= 30 days" instead of "at >", the first row had no prior price.
@pytest.mark.parametrize(
    ("history", "price", "prior"),
    [
        ([], "8.00", "10.00"),
        ([], "10.01", None),
        ([(29, "9.00")], "8.00", "9.00"),
        ([(29, "7.00")], "8.00", None),  # cheaper within the 30 days: no reduction
        ([(60, "7.00"), (31, "12.00")], "8.00", "10.00"),  # 7.00 ended before they began
        ([(60, "9.00")], "8.00", "9.00"),  # 9.00 still applied when they began
        ([(60, "7.00"), (29, "12.00")], "8.00", None),
        ([(40, None), (20, "9.50")], "8.00", "9.50"),  # was not for sale
    ],
)
def test_prior_price_is_the_lowest_of_30_days(
    history: list[tuple[int, str | None]], price: str, prior: str | None
) -> None:
    record = record_of(factories.product("Rod", price="10.00"))
    for days, before in history:
        earlier(record, days, before)
    assert reduce(record, price) == (prior and Decimal(prior))


def test_price_that_rises_again_is_no_longer_reduced() -> None:
    record = record_of(factories.product("Rod", price="10.00"))
    assert reduce(record, "8.00") == Decimal("10.00")
    assert reduce(record, "9.00") is None
    assert reduce(record, "8.00") is None  # it was 8.00 within the 30 days
    assert reduce(record, "7.00") == Decimal("8.00")


def test_reduction_is_shown_until_its_last_day(client: Client) -> None:
    product = factories.product("Rod", price="10.00", into=factories.category("Gear"))
    record = record_of(product)
    reduce(record, "8.00", sale_until=TODAY())
    page = client.get(product.get_absolute_url()).content.decode()
    assert "Reduced. Lowest price in the 30 days before: $10.00" in page
    assert Product.objects.browsable().filter(listing.is_reduced(TODAY())).get() == product
    assert (
        not Product.objects.browsable()
        .filter(listing.is_reduced(TODAY() + timedelta(days=1)))
        .exists()
    )
    StockRecord.objects.filter(pk=record.pk).update(sale_until=TODAY() - timedelta(days=1))
    cache.clear()
    assert "Reduced" not in client.get(product.get_absolute_url()).content.decode()


def test_card_shows_the_prior_price_of_the_lowest_price(client: Client) -> None:
    gear = factories.category("Gear")
    coil = factories.with_variants("Coil", ["15.00", "20.00"], into=gear)
    first, second = StockRecord.objects.filter(product__parent=coil).order_by("price")
    reduce(second, "18.00", sale_until=TODAY())
    page = client.get(gear.get_absolute_url()).content.decode()
    assert "<del>" not in page  # the lowest price is not reduced
    assert Product.objects.browsable().filter(listing.is_reduced(TODAY())).get() == coil
    reduce(first, "12.50", sale_until=TODAY())
    cache.clear()
    page = client.get(gear.get_absolute_url()).content.decode()
    assert "$12.50 <del>" in page
    assert "before </span>$15.00</del>" in page


@pytest.mark.parametrize("column", ["prior_price", "sale_until"])
def test_bounds_of_a_sale(column: str) -> None:
    record = record_of(factories.product("Rod"))
    value = Decimal(-1) if column == "prior_price" else date(2200, 1, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        StockRecord.objects.filter(pk=record.pk).update(**{column: value})


def change(staff: Client, product: Product, **values: str) -> str:
    url = reverse("admin:catalogue_product_change", args=[product.pk])
    data = {f"stockrecords-0-{name}": value for name, value in values.items()}
    return staff.post(url, {**open_form(staff, url), **data}, follow=True).content.decode()


def test_staff_reduce_a_price_until_a_day(staff: Client) -> None:
    product = factories.product("Rod", price="10.00", into=factories.category("Gear"))
    page = change(staff, product, regular_price="8", sale_until=str(TODAY()))
    assert "was changed" in page
    record = record_of(product)
    assert (record.price, record.prior_price) == (Decimal("8.00"), Decimal("10.00"))
    assert record.sale_until == TODAY()


def test_old_reduction_is_not_announced_late(staff: Client) -> None:
    product = factories.product("Rod", price="10.00", into=factories.category("Gear"))
    record = record_of(product)
    PriceChange.objects.update(at=timezone.now() - timedelta(days=31))
    page = change(staff, product, sale_until=str(TODAY()))
    assert "The price was not changed in the last 30 days" in page
    record.refresh_from_db()
    assert record.sale_until is None


def test_deleted_product_takes_its_price_history_along(staff: Client) -> None:
    product = factories.product("Rod", stock=0, pictures=0)
    url = reverse("admin:catalogue_product_delete", args=[product.pk])
    staff.post(url, {"post": "yes"}, follow=True)
    assert not PriceChange.objects.exists()
