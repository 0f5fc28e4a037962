"""Compiled queries return what their querysets would; where they may be used.

They depend on internals of Django, so these tests compare both on every version of it.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.partner.models import StockRecord
from checkout.basket.models import Basket
from checkout.tax import seed
from checkout.tax.models import TaxRate
from microflight.core.compiled_query import CompiledQuery
from policies.models import Notice
from tests.checkout.factories import make_product

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


def test_each_call_uses_its_values_and_current_rows():
    named = CompiledQuery(
        lambda component, day: TaxRate.objects.filter(
            component=component, starts_on__lte=day
        ).order_by("pk")
    )
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
    records = CompiledQuery(
        lambda pk: StockRecord.objects.filter(product=pk).select_related("product__product_class")
    )
    records(product.pk)  # compiles it
    with CaptureQueriesContext(connection) as queries:
        record = records.first(product.pk)
        assert record.product.product_class.name == "Aircraft"
    assert record.product == product
    assert len(queries) == 1


def test_columns_are_those_of_the_queryset():
    """Converted values (decimals on SQLite), deferred columns, joined rows without a match."""
    product = make_product()

    def write(pk: int) -> QuerySet:
        rows = StockRecord.objects.filter(product=pk).select_related("product__parent")
        return rows.defer("partner_sku", "product__details")

    compiled, expected = CompiledQuery(write).get(product.pk), write(product.pk).get()
    assert _columns(compiled) == _columns(expected)
    assert _columns(compiled.product) == _columns(expected.product)
    assert compiled.product.parent is None
    assert compiled.get_deferred_fields() == {"partner_sku"}
    assert not compiled._state.adding


def _columns(row: Model) -> dict[str, Any]:
    names = [field.attname for field in row._meta.concrete_fields]
    return {name: row.__dict__[name] for name in names if name in row.__dict__}


def test_values_list_returns_tuples():
    product = make_product()
    prices = CompiledQuery(
        lambda pk: StockRecord.objects.filter(product=pk).values_list("price", "num_in_stock")
    )
    assert prices(product.pk) == [(Decimal("49.00"), 10)]


def test_missing_row_raises_does_not_exist():
    baskets = CompiledQuery(lambda pk: Basket.objects.filter(pk=pk))
    with pytest.raises(Basket.DoesNotExist):
        baskets.get(1)


def test_only_purchases_are_compiled():
    """Everything else uses the ORM, see docs/decisions/021-read-model.md."""
    importing = "from microflight.core.compiled_query import"
    users = {
        path.relative_to(ROOT).parts[:2]
        for package in ("accounts", "catalog", "checkout", "microflight", "policies")
        for path in (ROOT / package).rglob("*.py")
        if importing in path.read_text()
    }
    assert users == {
        ("accounts", "mail"),  # the email of a placed order
        ("checkout", "basket"),
        ("checkout", "offers"),
        ("checkout", "pages"),  # the cart of a request
        ("checkout", "placement"),
        ("checkout", "settlement"),
        ("checkout", "shipping"),
        ("checkout", "tax"),
        ("policies", "services.py"),  # the policies that an order accepts
    }


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
    # without the check, this call would lock nothing for its caller
    with pytest.raises(TransactionManagementError):
        locked(basket.pk)
