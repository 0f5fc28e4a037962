"""The estimate of import charges: worked out by hand from the rows, shown and frozen."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import ProductClass
from checkout.order.models import Order
from checkout.shipping.destination import Destination
from checkout.shipping.landed_cost import (
    ChargeType,
    Estimate,
    EstimatedCharge,
    ImportCharge,
    ImportedItem,
    estimate,
    from_json,
)
from checkout.shipping.models import ShippingMethod
from checkout.shipping.seed import load_charges
from tests.sourced import SOURCED

DAY = date(2026, 11, 30)
BERLIN, BUFFALO, LONDON = Destination("DE"), Destination("US", "NY"), Destination("GB")
PART, MOTOR = "950300", "850110"


def item(value: str, hs6: str = PART, *, cusma: bool = False) -> ImportedItem:
    return ImportedItem(Decimal(value), hs6, cusma)


def charge(**fields: Any) -> ImportCharge:
    values = {
        "name": "Duty", "type": ChargeType.FEE, "places": "NO", "low": 1, "high": 2,
        "starts_on": date(2026, 1, 1), **SOURCED, **fields,
    }  # fmt: skip
    return ImportCharge.objects.create(**values)


def amounts(result: Estimate | None) -> dict[str, tuple[str, str]]:
    assert result is not None
    return {each.name: (str(each.low), str(each.high)) for each in result.charges}


@pytest.mark.django_db
def test_eu_order_up_to_150_euro_pays_per_code_vat_and_fee() -> None:
    # 100 CAD goods = EUR 61.73. EUR 3 x 2 codes x 1.62 = 9.72. VAT on 100 + 20 + 9.72 = 129.72:
    # 17% = 22.05, 27% = 35.02. Fee EUR 3 to 15 = 4.86 to 24.30.
    # Mutation: with one code for each line, three lines paid 14.58.
    load_charges()
    items = [item("50"), item("30"), item("20", MOTOR)]
    result = estimate(items, Decimal(20), BERLIN, DAY)
    assert amounts(result) == {
        "EU duty per tariff code": ("9.72", "9.72"),
        "VAT": ("22.05", "35.02"),
        "Postal operator’s fee": ("4.86", "24.30"),
    }
    assert result is not None
    assert (result.low, result.high) == (Decimal("36.63"), Decimal("69.04"))
    assert result.amount == "$36.63–$69.04"
    assert not result.is_confirmed
    assert result.version.startswith("2026-11-29 ")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("value", "duty"),
    [
        ("243.00", ("EU duty per tariff code", ("4.86", "4.86"))),  # EUR 150.00
        ("243.02", ("EU duty", ("0.00", "12.15"))),  # EUR 150.01, up to 5%
    ],
)
def test_eu_duty_changes_above_150_euro(value: str, duty: tuple[str, Any]) -> None:
    load_charges()
    result = estimate([item(value)], Decimal(0), BERLIN, DAY)
    assert list(amounts(result).items())[0] == duty


@pytest.mark.django_db
def test_no_eu_duty_per_code_before_july_2026() -> None:
    load_charges()
    assert estimate([item("50")], Decimal(0), BERLIN, date(2026, 6, 30)) is None


@pytest.mark.django_db
def test_us_duty_leaves_out_cusma_goods() -> None:
    load_charges()
    items = [item("60", cusma=True), item("40")]
    assert amounts(estimate(items, Decimal(30), BUFFALO, DAY)) == {"US duty": ("0.00", "14.00")}
    all_cusma = estimate([item("60", cusma=True)], Decimal(30), BUFFALO, DAY)
    assert amounts(all_cusma) == {"US duty": ("0.00", "0.00")}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        # GBP 135.00: nothing on delivery
        ("252.45", None, None),
        # GBP 136: goods 254.32, shipping 10; duty 0 to 12.72; VAT 20% = 52.86 to 55.41; fee
        # GBP 8 to 12 = 14.96 to 22.44
        ("254.32", Decimal("67.82"), Decimal("90.57")),
    ],
)
def test_uk_charges_start_above_135_pounds(value: str, low: Any, high: Any) -> None:
    load_charges()
    result = estimate([item(value)], Decimal(10), LONDON, DAY)
    assert (result and result.low, result and result.high) == (low, high)


@pytest.mark.django_db
def test_goods_without_a_code_share_one_at_best() -> None:
    charge(type=ChargeType.DUTY_PER_CODE, low=3, high=3)
    result = estimate([item("5", ""), item("5", "")], Decimal(0), Destination("NO"), DAY)
    assert amounts(result) == {"Duty": ("3.00", "6.00")}


@pytest.mark.django_db
@pytest.mark.parametrize("country", ["CA", "", "NO"])
def test_destination_without_rows_has_no_estimate(country: str) -> None:
    load_charges()
    assert estimate([item("5")], Decimal(0), Destination(country), DAY) is None


@pytest.mark.django_db
def test_version_changes_with_every_row() -> None:
    row = charge()
    versions = set()
    for high in (2, 3, 4):
        ImportCharge.objects.filter(pk=row.pk).update(high=high)
        result = estimate([item("5")], Decimal(0), Destination("NO"), DAY)
        assert result is not None
        versions.add(result.version)
    assert len(versions) == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [{"low": 3, "high": 2}, {"ends_on": date(2025, 1, 1)}, {"low": -1}, {"cad_rate": 0}],
)
def test_impossible_charge_is_rejected(wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        charge(**wrong)
    assert not ImportCharge.objects.exists()


def test_rate_for_cad_is_one() -> None:
    with pytest.raises(ValidationError, match="One CAD is 1 CAD"):
        ImportCharge(currency="CAD", cad_rate=2).clean()


_CENTS = st.decimals(0, 9999, places=2)


@given(st.lists(st.tuples(st.text(max_size=9), _CENTS, _CENTS, st.booleans()), max_size=4))
def test_stored_estimate_is_read_back_unchanged(rows: list[Any]) -> None:
    shown = Estimate(tuple(EstimatedCharge(*row) for row in rows), "2026-11-29 abc")
    assert from_json(shown.as_json()) == shown


# --- Checkout ---


@pytest.fixture
def to_berlin(order: Any, product: Any) -> Any:
    """Place an order of 49.95 CAD to Berlin."""

    def make(**changes: Any) -> Order:
        method = ShippingMethod.objects.filter(zones__zone__code="world").order_by("position")[0]
        values = {"country": "DE", "province": "", "city": "Berlin", "postcode": "10115"}
        made: Order = order(product(), **values, shipping_code=method.code, **changes)
        return made

    return make


@pytest.mark.django_db
def test_order_keeps_the_estimate_of_its_day(to_berlin: Any, client: Client) -> None:
    # Mutation: with estimate() called by the order page, the new fee was shown.
    made = to_berlin()
    stored = from_json(Order.objects.get(pk=made.pk).landed_cost)
    assert stored is not None
    assert amounts(stored)["EU duty per tariff code"] == ("4.86", "4.86")
    ImportCharge.objects.update(high=9000)
    page = client.get(f"/orders/{made.number}/{made.link_secret}/").content.decode()
    assert f"not included in the total: about {stored.amount} CAD." in page
    assert f"Estimate by rules of {stored.version}." in page
    assert "Some rates are not confirmed; your customs office decides." in page


@pytest.mark.django_db
def test_estimate_is_no_part_of_the_total(to_berlin: Any) -> None:
    made = to_berlin()
    assert made.total_incl_tax == Decimal("49.95") + made.shipping_incl_tax


@pytest.mark.django_db
def test_domestic_order_has_no_estimate(order: Any) -> None:
    assert order().landed_cost is None


@pytest.mark.django_db
def test_download_crosses_no_border(order: Any, product: Any) -> None:
    goods, course = product(), product("Course")
    course.product_class = ProductClass.objects.create(name="Course", requires_shipping=False)
    course.save()
    method = ShippingMethod.objects.filter(zones__zone__code="world").order_by("position")[0]
    to_berlin = {"country": "DE", "province": "", "city": "Berlin", "postcode": "10115"}
    alone = order(goods, **to_berlin, shipping_code=method.code)
    both = order(goods, course, **to_berlin, shipping_code=method.code)
    assert both.total_excl_tax - alone.total_excl_tax == Decimal("49.95")
    assert both.landed_cost == alone.landed_cost
