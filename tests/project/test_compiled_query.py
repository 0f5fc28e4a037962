"""Compiled queries return what the queryset would."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from checkout.basket.models import Basket
from checkout.tax import seed
from checkout.tax.models import TaxRate
from microflight.core.compiled_query import CompiledQuery
from policies.models import Notice
from tests.checkout.factories import make_product

pytestmark = pytest.mark.django_db


def test_each_call_uses_its_values_and_current_rows():
    named = CompiledQuery(lambda component, day: TaxRate.objects.filter(
        component=component, starts_on__lte=day).order_by("pk"))  # fmt: skip
    seed.load()
    today = date(2026, 11, 22)
    for component in ("GST", "HST", "none such"):
        rows = TaxRate.objects.filter(component=component, starts_on__lte=today).order_by("pk")
        assert named(component, today) == list(rows)
    assert named("GST", date(1990, 1, 1)) == []
    TaxRate.objects.filter(component="GST").delete()
    assert named("GST", today) == []


def test_datetimes_are_adapted():
    held = CompiledQuery(lambda now: Notice.objects.filter(starts_at__lte=now))
    start = timezone.now()
    notice = Notice.objects.create(text="Closed until May.", starts_at=start)
    assert held(start) == [notice]
    assert held(start - timedelta(microseconds=1)) == []
    assert held(datetime(2200, 1, 1, tzinfo=start.tzinfo)) == [notice]


def test_joined_rows_take_one_query():
    product = make_product()
    records = CompiledQuery(lambda pk: type(product.stockrecords.get()).objects.filter(
        product=pk).select_related("product__product_class"))  # fmt: skip
    with CaptureQueriesContext(connection) as asked:
        records(product.pk)  # what writing takes is not counted twice
    with CaptureQueriesContext(connection) as asked:
        record = records.first(product.pk)
        assert record.product.product_class.name == "Aircraft"
    assert record.product == product
    assert len(asked) == 1


def test_tuples_of_any_length():
    wanted = CompiledQuery(lambda pks: Basket.objects.filter(pk__in=pks).order_by("pk"))
    baskets = [Basket.objects.create() for _ in range(3)]
    for count in (3, 1, 0, 2):
        chosen = tuple(basket.pk for basket in baskets[:count])
        assert wanted(chosen) == baskets[:count]


@pytest.mark.django_db(transaction=True)
def test_locking_requires_a_transaction():
    locked = CompiledQuery(lambda pk: Basket.objects.select_for_update().filter(pk=pk))
    basket = Basket.objects.create()
    with transaction.atomic():
        assert locked(basket.pk) == [basket]
    # Broken once: without the check, the second call ran and locked nothing for its caller.
    with pytest.raises(TransactionManagementError):
        locked(basket.pk)
