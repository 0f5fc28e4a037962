"""Products that are published, withdrawn and reduced at times that staff set."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client

from catalog import tasks
from catalog.models import Product, ProductClass
from catalog.partner.models import StockRecord
from catalog.partner.prices import PriceChange
from catalog.redirects.models import Redirect
from microflight.core import page_cache
from tests.checkout.factories import make_product

NOON = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)  # in Saskatchewan


@pytest.fixture
def motor(db: None) -> Product:
    """A hidden product that is public from 12:00 to 13:00."""
    kind = ProductClass.objects.create(name="Motor")
    return Product.objects.create(
        title="Motor", product_class=kind, is_public=False,
        publish_at=NOON, withdraw_at=NOON.replace(hour=19),
    )  # fmt: skip


def test_product_is_published_and_withdrawn_at_its_times(
    client: Client, motor: Product, django_capture_on_commit_callbacks: Any
) -> None:
    url = motor.get_absolute_url()
    for minute, published, status in ((1759, 0, 404), (1800, 1, 200), (1801, 0, 200)):
        with time_machine.travel(NOON.replace(hour=minute // 100, minute=minute % 100), tick=False):
            with django_capture_on_commit_callbacks(execute=True):
                assert tasks.publish_scheduled() == published
            assert client.get(url).status_code == status
    evening = time_machine.travel(NOON.replace(hour=19), tick=False)
    with evening, django_capture_on_commit_callbacks(execute=True):
        assert tasks.publish_scheduled() == 1
    assert client.get(url).status_code == 410
    motor.refresh_from_db()
    assert (motor.is_public, motor.publish_at, motor.withdraw_at) == (False, None, None)
    assert Redirect.objects.get().new_path == ""


def test_missed_period_leaves_the_product_hidden(motor: Product) -> None:
    with time_machine.travel(NOON.replace(hour=23), tick=False):
        assert tasks.publish_scheduled() == 1
        assert tasks.publish_scheduled() == 0
    motor.refresh_from_db()
    assert (motor.is_public, motor.publish_at, motor.withdraw_at) == (False, None, None)


def test_publishing_invalidates_cached_pages(
    motor: Product, django_capture_on_commit_callbacks: Any
) -> None:
    before = cache.get(page_cache.STAMP)
    with time_machine.travel(NOON, tick=False), django_capture_on_commit_callbacks(execute=True):
        tasks.publish_scheduled()
    assert cache.get(page_cache.STAMP) not in (None, before)


def test_withdrawal_before_publication_is_rejected(motor: Product) -> None:
    motor.withdraw_at = NOON
    with pytest.raises(ValidationError, match="Enter a time after"):
        motor.full_clean(exclude=["slug"])


def on_day(day: int) -> Any:
    """Return a day around the first of December, in Saskatchewan."""
    return time_machine.travel(NOON + timedelta(days=day - 1), tick=False)


@pytest.fixture
def record(db: None) -> StockRecord:
    """A stock record of 10.00 dollars, reduced to 8.00 on the first of December."""
    record = make_product(price="10.00").stockrecords.get()
    with on_day(0):
        record.sale_price, record.sale_from = Decimal("8.00"), NOON.date()
        record.sale_until = NOON.date()
        record.save()
    assert record.price == Decimal("10.00")
    return record


def prices_of(record: StockRecord) -> tuple[Decimal | None, Decimal | None]:
    return StockRecord.objects.values_list("price", "regular_price").get(pk=record.pk)


def test_sale_price_applies_from_its_first_to_its_last_day(record: StockRecord) -> None:
    found = []
    for day in range(4):
        with on_day(day):
            changed = [tasks.publish_scheduled(), tasks.publish_scheduled()]
        found.append((changed, *prices_of(record)))
    ten, eight = Decimal("10.00"), Decimal("8.00")
    assert found == [
        ([0, 0], ten, ten),
        ([1, 0], eight, ten),
        ([1, 0], ten, ten),
        ([0, 0], ten, ten),
    ]
    changes = PriceChange.objects.order_by("pk").values_list("price", flat=True)
    assert list(changes) == [ten, eight, ten]


def by_save(record: StockRecord, columns: dict[str, Any]) -> None:
    for name, value in columns.items():
        setattr(record, name, value)
    record.save()


def by_saving_columns(record: StockRecord, columns: dict[str, Any]) -> None:
    for name, value in columns.items():
        setattr(record, name, value)
    record.save(update_fields=list(columns))


def by_queryset(record: StockRecord, columns: dict[str, Any]) -> None:
    StockRecord.objects.filter(pk=record.pk).update(**columns)


def by_bulk_update(record: StockRecord, columns: dict[str, Any]) -> None:
    for name, value in columns.items():
        setattr(record, name, value)
    StockRecord.objects.bulk_update([record], list(columns))


@pytest.mark.parametrize("save", [by_save, by_saving_columns, by_queryset, by_bulk_update])
@pytest.mark.parametrize(
    ("columns", "now", "afterwards"),
    [
        ({"regular_price": Decimal("12.00")}, "8.00", "12.00"),
        ({"price": Decimal("12.00")}, "8.00", "12.00"),
        ({"sale_price": Decimal("7.00")}, "7.00", "10.00"),
        ({"sale_price": None}, "10.00", "10.00"),
        ({"sale_from": date(2026, 12, 24)}, "10.00", "10.00"),
        ({"sale_until": None}, "8.00", "8.00"),
    ],
)
def test_change_during_a_sale_applies_at_once_and_stays(
    record: StockRecord, save: Any, columns: dict[str, Any], now: str, afterwards: str
) -> None:
    with on_day(1):
        tasks.publish_scheduled()
        record.refresh_from_db()
        save(record, columns)
        assert prices_of(record)[0] == Decimal(now)
        assert save in (by_queryset, by_bulk_update) or record.price == Decimal(now)
    with on_day(2):
        tasks.publish_scheduled()
    assert prices_of(record)[0] == Decimal(afterwards)


def test_sale_that_starts_invalidates_cached_pages(
    record: StockRecord, django_capture_on_commit_callbacks: Any
) -> None:
    before = cache.get(page_cache.STAMP)
    with on_day(1), django_capture_on_commit_callbacks(execute=True):
        tasks.publish_scheduled()
    assert cache.get(page_cache.STAMP) not in (None, before)
