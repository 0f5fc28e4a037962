"""Rows that are valid on the same days are rejected by forms, models and PostgreSQL."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, connections, transaction

from accounts.users.models import User
from checkout.tax.models import TaxExemption, TaxRate, TaxRegistration
from policies.opening.models import AwayPeriod
from tests.sourced import SOURCED

JUNE, JULY, AUGUST = date(2026, 6, 1), date(2026, 7, 1), date(2026, 8, 1)


def rate(first: date, last: date | None = None, **other: Any) -> TaxRate:
    place = {"province": "SK", "component": "PST", "rate": "0.06", **SOURCED, **other}
    return TaxRate(starts_on=first, ends_on=last, **place)


def registration(first: date, last: date | None = None, **other: Any) -> TaxRegistration:
    seller = {"jurisdiction": "SK", "number": "1234567", **SOURCED, **other}
    return TaxRegistration(starts_on=first, ends_on=last, **seller)


def exemption(first: date, last: date | None = None, **other: Any) -> TaxExemption:
    customer, _made = User.objects.get_or_create(email="dana@example.com")
    fields = {"user": customer, "jurisdiction": "SK", "certificate": "F-1", **other}
    return TaxExemption(starts_on=first, ends_on=last or date(2030, 1, 1), **fields)


def away(first: date, last: date | None = None, **other: Any) -> AwayPeriod:
    return AwayPeriod(starts_on=first, reopens_on=last or date(2030, 1, 1), text="Away.", **other)


ALL: list[Callable[..., Any]] = [rate, registration, exemption, away]


def rejects(row: Any) -> None:
    """Check that a row is rejected, by PostgreSQL as well, and nothing is written."""
    count = type(row).objects.count()
    with pytest.raises(ValidationError):
        row.full_clean()
    if connection.vendor == "postgresql":
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()
    assert type(row).objects.count() == count


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize(
    ("first", "last"), [(JUNE, None), (JUNE, JULY), (JULY, JULY), (AUGUST, None), (JUNE, AUGUST)]
)
def test_row_on_days_of_another_is_rejected(
    make: Any, first: date, last: date | None, db: None
) -> None:
    last = date(2026, 7, 2) if make is away and last == JULY else last  # its first day after
    make(JULY, AUGUST if make is not away else date(2026, 8, 2)).save()
    rejects(make(first, last))


@pytest.mark.parametrize("make", ALL)
def test_row_on_other_days_is_accepted(make: Any, db: None) -> None:
    made = make(JULY, date(2026, 7, 31) if make is not away else AUGUST)
    made.save()
    for row in (make(AUGUST), make(JUNE, date(2026, 6, 30) if make is not away else JULY), made):
        row.full_clean()
        row.save()


@pytest.mark.parametrize(
    ("make", "other"),
    [
        (rate, {"province": "BC"}),
        (rate, {"component": "GST"}),
        (registration, {"jurisdiction": "BC", "number": "PST-1234-5678"}),
        (exemption, {"jurisdiction": "BC"}),
        (away, {"active": False}),
    ],
)
def test_row_unlike_another_is_accepted(make: Any, other: dict[str, Any], db: None) -> None:
    make(JULY).save()
    row = make(JULY, **other)
    row.full_clean()
    row.save()
    assert type(row).objects.count() == 2


@pytest.mark.parametrize("component", ["GST", "PST", "QST"])
def test_hst_includes_the_other_components(component: str, db: None) -> None:
    rate(JULY, component=component).save()
    rejects(rate(AUGUST, component="HST"))
    TaxRate.objects.all().delete()
    rate(JULY, component="HST").save()
    rejects(rate(AUGUST, component=component))


def test_inactive_period_that_becomes_active_is_rejected(db: None) -> None:
    away(JULY).save()
    away(AUGUST, active=False).save()
    second = AwayPeriod.objects.get(starts_on=AUGUST)
    second.active = True
    rejects(second)
    assert AwayPeriod.objects.filter(active=True).count() == 1


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("needs_postgres")
def test_second_of_two_people_reads_an_error_and_no_page_fails() -> None:
    checked, errors = threading.Event(), []

    def second() -> None:
        with transaction.atomic():
            checked.set()
            try:
                rate(AUGUST).full_clean()
            except ValidationError as error:
                errors.extend(error.messages)
        connections.close_all()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        row = rate(JULY)
        row.full_clean()
        thread.start()
        checked.wait(10)
        row.save()
    thread.join(10)
    assert errors == [
        "On some of these days, “PST SK 6% from 2026-07-01” is valid, too. Enter its last day "
        "first."
    ]
