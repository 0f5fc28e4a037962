"""Sales against the thresholds for registering, and the warning on the start page."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.users.models import User
from catalog.seed.countries import load_countries
from checkout.order.models import Order
from checkout.tax.models import TaxRegistration
from checkout.tax_reports import seed
from checkout.tax_reports.models import ExchangeRate, TaxThreshold
from checkout.tax_reports.thresholds import RunningTotal, running_totals, warnings
from tests.sourced import SOURCED

TODAY = date(2026, 11, 30)
LIST = reverse("admin:tax_reports_taxthreshold_changelist")
START = reverse("admin:index")


@pytest.fixture
def thresholds(db: None) -> None:
    """The thresholds and rates of the seed."""
    load_countries()
    seed.load()


def sell(
    amount: str, country: str, province: str = "", *, at: str = "2026-11-20", status: str = "placed"
) -> Order:
    """Create a paid order without tax."""
    when = datetime.fromisoformat(at)
    cad = Decimal(amount)
    return Order.objects.create(
        number=f"S{Order.objects.count()}", status=status, total_incl_tax=cad, total_excl_tax=cad,
        guest_email="dana@example.com", supply_country=country, supply_province=province,
        placed_at=when if when.tzinfo else when.replace(tzinfo=UTC, hour=18),
    )  # fmt: skip


def total(country: str, province: str = "", day: date = TODAY) -> RunningTotal:
    row = TaxThreshold.objects.get(country=country, province=province)
    return running_totals(day)[row.pk]


@pytest.mark.parametrize(
    ("place", "sales", "percent", "warns"),
    [
        (("CA", "BC"), "7999.99", 79, False),
        (("CA", "BC"), "8000.00", 80, True),
        (("CA", "BC"), "10000.00", 100, True),
        (("CA", "QC"), "23999.99", 79, False),
        (("CA", "QC"), "24000.00", 80, True),
        (("CA", "MB"), "0.01", None, True),  # from the first sale
        (("GB", ""), "0.01", None, True),
        (("NO", ""), "5599.99", 79, False),  # NOK 50,000 x 0.14 = 7,000 CAD; 80 % is 5,600
        (("NO", ""), "5600.00", 80, True),
        (("AU", ""), "55200.00", 80, True),  # AUD 75,000 x 0.92 = 69,000
        (("NZ", ""), "38400.00", 80, True),  # NZD 60,000 x 0.80 = 48,000
        (("CH", ""), "139200.00", 80, True),  # CHF 100,000 x 1.74 = 174,000
    ],
)
def test_warning_starts_at_80_percent(
    place: tuple[str, str], sales: str, percent: int | None, warns: bool, thresholds: None
) -> None:
    # Mutation: with `>` in `warns`, exactly 80 % is missed
    sell(sales, *place)
    found = total(*place)
    assert (found.cad, found.percent, found.warns) == (Decimal(sales), percent, warns)
    with time_machine.travel("2026-11-30T18:00:00Z"):
        assert warnings() == warns


def test_only_paid_sales_of_the_place_and_period_count(thresholds: None) -> None:
    sell("100", "CA", "BC", at="2026-11-30T18:00:00+00:00")
    sell("20", "CA", "BC", at="2025-11-30T06:00:00+00:00")  # midnight, 365 days ago
    sell("3000", "CA", "BC", at="2025-11-30T05:59:00+00:00")
    sell("3000", "CA", "BC", status="cancelled")
    sell("3000", "CA", "QC")
    sell("3000", "US")
    Order.objects.create(
        number="P1", status="pending", total_incl_tax=3000, total_excl_tax=3000,
        supply_country="CA", supply_province="BC",
    )  # fmt: skip
    assert total("CA", "BC").cad == Decimal("120")


def test_calendar_year_starts_on_1_january_in_saskatoon(thresholds: None) -> None:
    sell("10", "CH", at="2026-01-01T05:59:00+00:00")
    sell("200", "CH", at="2026-01-01T06:00:00+00:00")
    assert total("CH").cad == Decimal("200")
    assert total("CH", day=date(2025, 12, 31)).cad == Decimal("210")  # sales of later, too


def test_threshold_of_a_country_counts_all_its_provinces(thresholds: None) -> None:
    TaxThreshold.objects.create(country="CA", amount=30_000, **SOURCED)
    sell("100", "CA", "BC")
    sell("20", "CA", "SK")
    sell("3", "US")
    assert total("CA").cad == Decimal("120")


def test_registration_turns_the_warning_off(thresholds: None) -> None:
    sell("9000", "CA", "BC")
    sell("9000", "NO")
    assert (total("CA", "BC").warns, total("NO").warns) == (True, True)
    TaxRegistration.objects.create(
        jurisdiction="BC", number="PST-1234-5678", starts_on=date(2026, 12, 1), **SOURCED
    )
    TaxThreshold.objects.filter(country="NO").update(registered_on=date(2026, 12, 1))
    assert (total("CA", "BC").warns, total("NO").warns) == (True, True)
    later = date(2026, 12, 1)
    assert (total("CA", "BC", later).warns, total("NO", day=later).warns) == (False, False)


def test_newest_exchange_rate_applies_and_a_missing_one_warns(thresholds: None) -> None:
    sell("1400", "NO")
    assert total("NO").amount == Decimal("10000.00")
    for day, cad in ((date(2026, 11, 30), "0.16"), (date(2026, 12, 1), "0.99")):
        ExchangeRate.objects.create(currency="NOK", cad=cad, starts_on=day, **SOURCED)
    assert total("NO").amount == Decimal("8750.00")  # 1,400 / 0.16
    ExchangeRate.objects.all().delete()
    found = total("NO")
    assert (found.amount, found.percent, found.warns) == (None, None, True)


def test_order_is_sold_at_its_place_of_supply(order: Any) -> None:
    made = order()
    assert (made.supply_country, made.supply_province) == ("CA", "SK")
    abroad = order(country="US", province="NY", postcode="10001", shipping_code="us-parcel")
    assert (abroad.supply_country, abroad.supply_province) == ("US", "")


def test_list_shows_sales_and_warnings(client: Client, charlie: User, thresholds: None) -> None:
    sell("8000", "CA", "BC")
    sell("1", "GB")
    sell("1400", "NO")
    with time_machine.travel("2026-11-30T18:00:00Z", tick=False):
        client.force_login(charlie)
        page = client.get(LIST).content.decode()
        start = client.get(START).content.decode()
    assert "$8,000.00" in page
    assert '<span class="state verdict-breached">80 %</span>' in page
    assert '<span class="state verdict-breached">register</span>' in page
    assert "$1,400.00 (NOK 10,000.00)" in page
    assert "20 %" in page
    assert "<strong>2</strong> tax thresholds reached or nearly" in start


def test_start_page_has_no_warning_without_sales(staff: Client, thresholds: None) -> None:
    assert "tax threshold" not in staff.get(START).content.decode().split("task-groups")[0]


def test_totals_take_two_queries(thresholds: None) -> None:
    for place in ("BC", "QC", "MB"):
        sell("1", "CA", place)
    with CaptureQueriesContext(connection) as counted:
        running_totals()
    assert len(counted) == 2


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"country": "no"}, "Enter the country as two capital letters: NO."),
        ({"country": "DE", "province": "SK"}, "Only Canada has provinces here."),
        ({"amount": "-1"}, "greater than or equal to 0"),
        ({"currency": "XXX"}, "XXX is not one of the available choices."),
        ({"country": "NO"}, "already exists."),
        ({"source": ""}, "This field is required."),
        ({"country": "XX"}, "There is no country with this code."),
    ],
)
def test_bad_threshold_is_rejected(
    changes: dict[str, str], error: str, staff: Client, thresholds: None
) -> None:
    data = {
        "country": "IS", "province": "", "amount": "100", "currency": "EUR",
        "period": "twelve-months", **SOURCED,
    }  # fmt: skip
    add = reverse("admin:tax_reports_taxthreshold_add")
    page = staff.post(add, {**data, **changes}).content.decode()
    assert error in page
    assert TaxThreshold.objects.count() == 8
    assert staff.post(add, data).status_code == 302
