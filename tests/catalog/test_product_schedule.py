"""Products that are published, withdrawn and reduced at times that staff set."""

from datetime import UTC, date, datetime
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


@pytest.mark.django_db
def test_sale_price_applies_from_its_first_to_its_last_day() -> None:
    record = make_product(price="10.00").stockrecords.get()
    StockRecord.objects.filter(pk=record.pk).update(
        sale_price=Decimal("8.00"), sale_from=NOON.date(), sale_until=NOON.date()
    )
    prices = []
    for day in (30, 31, 32, 33):
        month, number = (11, 30) if day == 30 else (12, day - 30)
        with time_machine.travel(NOON.replace(month=month, day=number), tick=False):
            tasks.publish_scheduled()
            tasks.publish_scheduled()
        record.refresh_from_db()
        prices.append((record.price, record.regular_price))
    assert prices == [
        (Decimal("10.00"), None), (Decimal("8.00"), Decimal("10.00")),
        (Decimal("10.00"), None), (Decimal("10.00"), None),
    ]  # fmt: skip
    assert (record.sale_price, record.sale_from, record.sale_until) == (None, None, None)
    changes = PriceChange.objects.order_by("pk").values_list("price", flat=True)
    assert list(changes) == [Decimal("10.00"), Decimal("8.00"), Decimal("10.00")]


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"sale_price": None}, {"sale_from": date(2026, 12, 24)}])
def test_sale_that_staff_cancel_or_postpone_ends(change: dict[str, Any]) -> None:
    record = make_product(price="10.00").stockrecords.get()
    records = StockRecord.objects.filter(pk=record.pk)
    records.update(sale_price=Decimal("8.00"), sale_from=NOON.date())
    with time_machine.travel(NOON, tick=False):
        tasks.publish_scheduled()
        records.update(**change)
        assert [tasks.publish_scheduled(), tasks.publish_scheduled()] == [1, 0]
    record.refresh_from_db()
    assert (record.price, record.regular_price) == (Decimal("10.00"), None)
    assert record.sale_from == change.get("sale_from")
