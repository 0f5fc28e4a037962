"""Days far in the past or future are rejected, where they would break every page."""

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from catalog.partner.models import StockRecord
from policies.models import Notice
from policies.opening.models import AwayPeriod
from tests.admin_forms import open_form
from tests.catalog import factories
from tests.project.admin_rows import ROWS

FAR = ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"]
ERROR = "Enter a day from 1900-01-01 to 2199-12-31."


def change(staff: Client, row: Any, **data: str) -> str:
    opts = row._meta
    url = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
    return staff.post(url, {**open_form(staff, url), **data}, follow=True).content.decode()


@pytest.mark.parametrize("day", FAR)
def test_far_day_of_an_admin_form_is_rejected(day: str, staff: Client) -> None:
    rate = ROWS["tax.TaxRate"](1)
    assert ERROR in change(staff, rate, starts_on=day)
    rate.refresh_from_db()
    assert rate.starts_on == date(2020, 1, 2)


@pytest.mark.parametrize("day", FAR)
def test_far_moment_of_an_admin_form_is_rejected(day: str, staff: Client) -> None:
    """At 23:59 on 9999-12-31 in Saskatoon, it is the year 10000 in UTC."""
    notice = ROWS["policies.Notice"](1)
    assert ERROR in change(staff, notice, starts_at_0=day, starts_at_1="23:59")
    assert Notice.objects.get().starts_at == notice.starts_at


@pytest.mark.parametrize("day", FAR)
def test_far_day_of_delivery_is_rejected(day: str, db: None) -> None:
    """A cart counts working days from it."""
    product = factories.product("Butterfly", stocked={"backorder": True}, stock=0)
    record = product.stockrecords.get()
    rows = StockRecord.objects.filter(pk=record.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(expected_on=date.fromisoformat(day))
    record.expected_on = date.fromisoformat(day)
    with pytest.raises(ValidationError) as error:
        record.full_clean()
    assert set(error.value.message_dict) == {"expected_on"}
    assert rows.get().expected_on is None


@pytest.mark.parametrize("day", [date(9999, 12, 31), date(2200, 1, 1)])
def test_far_day_of_reopening_is_rejected(day: date, db: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        AwayPeriod.objects.create(starts_on=date(2027, 1, 1), reopens_on=day, text="Away.")
    assert not AwayPeriod.objects.exists()


def test_cart_with_the_last_day_of_delivery_opens(client: Client, db: None) -> None:
    late = {"backorder": True, "expected_on": date(2199, 12, 31)}
    product = factories.product("Butterfly", stock=0, stocked=late)
    client.post(reverse("basket:add", args=[product.pk]), {"quantity": 1})
    assert "2199" in client.get("/cart/").content.decode()
