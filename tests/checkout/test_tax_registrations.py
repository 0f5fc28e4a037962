"""Where the shop is registered, and what it collects there."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from checkout.placement.quote import make_quote
from checkout.shipping.models import ShippingRule
from checkout.tax.models import TaxRegistration
from tests.admin_forms import open_form
from tests.sourced import SOURCED

#: Business numbers whose check digit is right, and wrong.
GST, MISTYPED_GST = "123456782RT0001", "123456783RT0001"
QC = {"jurisdiction": "QC", "number": "1234567890TQ0001", "starts_on": date(2026, 12, 1), **SOURCED}
ADD = reverse("admin:tax_taxregistration_add")


def collected(basket: Any, province: str) -> list[tuple[str, str]]:
    ShippingRule.objects.all().delete()  # Quebec is closed while French texts are missing
    quote = make_quote(basket, country="CA", province=province, shipping_code="ca-parcel")
    assert quote.complete
    return [(tax.name, str(tax.amount)) for tax in quote.taxes]


@pytest.mark.promise("tax-where-registered")
@pytest.mark.parametrize(
    ("province", "taxes"),
    [
        ("SK", [("GST", "5.58"), ("PST", "6.69")]),  # 111.50 x 5%, x 6%
        ("BC", [("GST", "5.58")]),  # no PST, QST and RST: not registered
        ("QC", [("GST", "5.58")]),
        ("MB", [("GST", "5.58")]),
        ("ON", [("HST", "14.50")]),  # 111.50 x 13% = 14.495
        ("AB", [("GST", "5.58")]),
    ],
)
def test_seed_collects_federal_taxes_and_pst_of_saskatchewan(
    province: str, taxes: list[tuple[str, str]], product: Any, cart: Any
) -> None:
    # Mutation: with `is_collected` always True, BC, QC and MB pay 12% and 14.975%
    assert collected(cart((product(price="50.00"), 2)), province) == taxes


@pytest.mark.parametrize(
    ("now", "taxes"),  # in Saskatoon, 06:00 UTC is midnight
    [
        ("2026-12-01T05:59:00Z", [("GST", "3.08")]),
        ("2026-12-01T06:00:00Z", [("GST", "3.08"), ("QST", "6.13")]),  # 61.50 x 9.975% = 6.1346
        ("2027-02-01T05:59:00Z", [("GST", "3.08"), ("QST", "6.13")]),
        ("2027-02-01T06:00:00Z", [("GST", "3.08")]),
    ],
)
def test_tax_is_collected_from_the_first_to_the_last_day(
    now: str, taxes: list[tuple[str, str]], product: Any, cart: Any
) -> None:
    TaxRegistration.objects.create(**QC, ends_on=date(2027, 1, 31))
    with time_machine.travel(now, tick=False):
        assert collected(cart(product(price="50.00")), "QC") == taxes


def test_order_without_any_registration_has_no_tax(product: Any, cart: Any) -> None:
    TaxRegistration.objects.all().delete()
    assert collected(cart(product(price="50.00")), "SK") == []


def test_order_keeps_the_number_it_was_placed_with(order: Any) -> None:
    made = order()
    TaxRegistration.objects.filter(jurisdiction="SK").update(number="7654321")
    numbers = made.tax_lines.order_by().values_list("component", "registration").distinct()
    assert set(numbers) == {("GST", GST), ("PST", "1234567")}


def form(**changes: Any) -> dict[str, Any]:
    return {**QC, **changes}


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ({"jurisdiction": "CA", "number": "12345 6782 rt0001"}, GST),
        ({"jurisdiction": "CA", "number": "123456782-RT-0001"}, GST),
        ({"number": "1234567890 tq 0001"}, "1234567890TQ0001"),
        ({"jurisdiction": "BC", "number": "pst-1234-5678"}, "PST-1234-5678"),
    ],
)
def test_registration_number_is_stored_in_its_usual_form(
    typed: dict[str, str], stored: str, staff: Client
) -> None:
    assert staff.post(ADD, form(**typed)).status_code == 302
    assert TaxRegistration.objects.get().number == stored
    again = reverse("admin:tax_taxregistration_change", args=[TaxRegistration.objects.get().pk])
    assert staff.post(again, open_form(staff, again) | typed).status_code == 302
    assert TaxRegistration.objects.get().number == stored


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"jurisdiction": "CA", "number": MISTYPED_GST}, "one of them is mistyped"),
        ({"jurisdiction": "CA", "number": "123456782RC0001"}, "Enter a GST/HST number as 9"),
        ({"jurisdiction": "CA", "number": "123456782"}, "Enter a GST/HST number as 9"),
        ({"number": "123456789TQ0001"}, "Enter a QST number as 10 digits"),
        ({"jurisdiction": "SK", "number": "=1+1"}, "letters, digits and hyphens"),
        ({"jurisdiction": "SK", "number": "１２３４５６７\x00"}, "Null characters"),
        ({"jurisdiction": "AB"}, "AB is not one of the available choices."),
        ({"ends_on": "2026-11-30"}, "Enter a day after the first day."),
        ({"check_again_on": ""}, "This field is required."),
    ],
)
def test_bad_registration_is_rejected(typed: dict[str, str], error: str, staff: Client) -> None:
    response = staff.post(ADD, form(**typed))
    assert response.status_code == 200
    assert error in response.content.decode()
    assert not TaxRegistration.objects.exists()


def test_second_registration_on_the_same_day_is_rejected(staff: Client) -> None:
    TaxRegistration.objects.create(**QC)
    later = form(number="9876543210TQ0001", starts_on="2027-01-01")
    page = staff.post(ADD, later).content.decode()
    assert "On some of these days, “Quebec (QST) 1234567890TQ0001” is valid, too." in page
    assert TaxRegistration.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        TaxRegistration.objects.create(**form(number="9876543210TQ0001"))


def test_number_of_an_order_is_kept(staff: Client, order: Any) -> None:
    order()
    row = TaxRegistration.objects.get(jurisdiction="SK")
    page = staff.post(reverse("admin:tax_taxregistration_delete", args=[row.pk]), {"post": "yes"})
    assert "1 order with this number" in page.content.decode()
    assert TaxRegistration.objects.filter(pk=row.pk).exists()


def test_rate_is_a_decimal(product: Any, cart: Any) -> None:
    quote = make_quote(cart(product()), country="CA", province="SK", shipping_code="ca-parcel")
    assert [tax.rate for tax in quote.taxes] == [Decimal("0.05"), Decimal("0.06")]
