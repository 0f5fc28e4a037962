"""The quote: lines, shipping and tax to the cent."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.placement.quote import make_quote
from checkout.shipping.models import ShippingMethod, ShippingRate
from checkout.tax.models import TaxRate
from checkout.tax.services import ComponentRate, rates_on, taxes_on
from microflight.core.money import rounded
from tests.sourced import SOURCED


def to(basket: Any, country: str = "CA", province: str = "SK", service: str | None = "ca-parcel"):
    return make_quote(basket, country=country, province=province, shipping_code=service)


@pytest.mark.promise("taxes-by-line")
def test_saskatchewan_quote_has_shipping_and_both_taxes(product: Any, cart: Any):
    quote = to(cart((product(price="49.95"), 2)))
    assert (quote.subtotal, quote.shipping.amount) == (Decimal("99.90"), Decimal("11.50"))
    assert [(t.name, t.base, t.amount) for t in quote.taxes] == [
        ("GST", Decimal("111.40"), Decimal("5.57")),
        ("PST", Decimal("111.40"), Decimal("6.68")),
    ]
    assert quote.total == Decimal("123.65")
    assert quote.complete


@pytest.mark.parametrize(
    ("province", "percent"),
    [
        ("AB", "5"), ("BC", "12"), ("MB", "12"), ("NB", "15"), ("NL", "15"), ("NS", "14"),
        ("NT", "5"), ("NU", "5"), ("ON", "13"), ("PE", "15"), ("QC", "14.975"), ("SK", "11"),
        ("YT", "5"),
    ],
)  # fmt: skip
def test_each_province_has_its_rate(shop: None, province: str, percent: str):
    rates = rates_on(date(2026, 11, 22), country="CA", province=province)
    assert sum(rate.rate for rate in rates) * 100 == Decimal(percent)


@pytest.mark.parametrize(("day", "rate"), [("2025-03-31", "0.15"), ("2025-04-01", "0.14")])
def test_nova_scotia_rate_changes_on_its_day(shop: None, day: str, rate: str):
    (hst,) = rates_on(date.fromisoformat(day), country="CA", province="NS")
    assert hst.rate == Decimal(rate)


def test_rate_replaces_another_on_its_first_day(shop: None):
    old = TaxRate.objects.filter(province="ON", component="HST")
    old.update(ends_on=date(2026, 12, 31))
    TaxRate.objects.create(
        province="ON", component="HST", rate=Decimal("0.14"), starts_on=date(2027, 1, 1), **SOURCED
    )
    assert rates_on(date(2026, 12, 31), country="CA", province="ON")[0].rate == Decimal("0.13")
    (now,) = rates_on(date(2027, 1, 1), country="CA", province="ON")
    assert now.rate == Decimal("0.14")


@pytest.mark.promise("taxes-by-line")
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8), st.sampled_from(["5", "9.975"]))
def test_tax_shares_add_up_to_the_tax(cents: list[int], percent: str):
    parts = [Decimal(c) / 100 for c in cents]
    rate = ComponentRate("GST", "QC", Decimal(percent) / 100, "123456782RT0001")
    (found,) = taxes_on(parts, [rate])
    assert sum(found.shares) == found.amount
    assert found.base == sum(parts)
    assert found.amount == rounded(sum(parts) * rate.rate)
    assert all(share >= 0 for share in found.shares)


@pytest.mark.promise("no-tax-abroad")
def test_exports_have_no_tax(product: Any, cart: Any):
    quote = to(cart(product()), "US", "NY", "us-parcel")
    assert (quote.taxes, quote.tax_total) == ((), 0)
    assert quote.total == Decimal("67.85")
    assert to(cart(product()), "DE", "", "world-parcel").total == Decimal("84.45")


def test_quote_without_shipping_method_is_an_estimate(product: Any, cart: Any):
    quote = to(cart(product()), service=None)
    assert (quote.shipping.amount, quote.complete) == (None, False)
    assert quote.total == Decimal("55.45")
    assert [each.code for each in quote.shipping.methods] == [
        "ca-letter",
        "ca-parcel",
        "ca-express",
        "ca-regular",
        "ca-priority",
    ]


def test_quote_without_province_is_an_estimate(product: Any, cart: Any):
    assert not to(cart(product()), province="").complete


def test_quote_of_an_empty_cart_is_incomplete(cart: Any, shop: None):
    quote = to(cart())
    assert (quote.lines, quote.complete) == ((), False)


def test_shipping_method_of_another_zone_is_not_selected(product: Any, cart: Any):
    assert to(cart(product()), service="us-parcel").shipping.amount is None


def test_package_weight_includes_the_carton(product: Any, cart: Any):
    quote = to(cart((product(weight="3.60"), 2), product(weight="200.00")))
    assert quote.shipping.package_weight_g == 223  # 207.2 g and a bubble mailer of 15 g, rounded up


@pytest.mark.promise("delivery-shown")
@pytest.mark.parametrize(("weight", "charge"), [("485", "11.50"), ("485.01", "13.90")])
def test_rate_up_to_the_weight_is_charged(weight: str, charge: str, product: Any, cart: Any):
    assert to(cart(product(weight=weight))).shipping.amount == Decimal(charge)


@pytest.mark.promise("never-free-by-mistake")
def test_method_without_a_rate_is_not_available(product: Any, cart: Any):
    ShippingRate.objects.filter(method_zone__method__code="ca-regular").delete()
    assert codes(cart(product(weight="1930"))) == ["ca-parcel", "ca-express", "ca-priority"]
    assert codes(cart(product(weight="29581"))) == []  # 30 kg with the large box


def codes(basket: Any, *place: str) -> list[str]:
    quote = to(basket, *(place or ("CA", "SK")), service=None)
    return [each.code for each in quote.shipping.methods]


@pytest.mark.promise("loose-batteries")
def test_loose_battery_limits_shipping_methods(product: Any, cart: Any):
    assert codes(cart(product(battery="loose"))) == ["ca-letter", "ca-parcel", "ca-regular"]
    assert "ca-express" in codes(cart(product(battery="in-equipment")))


def test_country_without_zone_uses_the_rest_of_the_world(product: Any, cart: Any):
    assert codes(cart(product()), "JP", "")[:3] == ["world-packet", "world-parcel", "world-surface"]


def test_zone_without_active_methods_has_none(product: Any, cart: Any):
    ShippingMethod.objects.filter(zones__zone__code="us").update(active=False)
    assert codes(cart(product()), "US", "NY") == []


@pytest.mark.promise("delivery-fixed")
def test_fingerprint_changes_with_every_amount(product: Any, cart: Any):
    plane = product()
    basket = cart(plane)
    base = to(basket)
    assert to(cart(plane)).fingerprint == base.fingerprint
    others = [to(basket, service="ca-express"), to(basket, province="ON"), to(cart((plane, 2)))]
    plane.stockrecords.update(price="50.00")
    others.append(to(cart(plane)))
    assert len({base.fingerprint, *(each.fingerprint for each in others)}) == 5


def test_quote_takes_few_queries(product: Any, cart: Any, django_assert_max_num_queries: Any):
    basket = cart(product(), product("Ladybird"))
    list(basket.all_lines())
    with django_assert_max_num_queries(6):
        to(basket)
