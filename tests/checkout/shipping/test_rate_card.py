"""The rate card: its file, its checks and its page in the admin."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkout.shipping.models import MethodZone, ShippingMethod, ShippingRate, ShippingZone
from checkout.shipping.rate_card import Price, card_errors, export_rows, warnings
from microflight.core.csv_files import InvalidFile, csv_lines
from microflight.imports import tasks
from microflight.imports.files import read_rows
from microflight.imports.models import ImportJob
from microflight.imports.rates import RateImport
from microflight.imports.report import Report
from tests.concurrency import run_concurrently

pytestmark = pytest.mark.django_db
HEAD = "method,zone,up_to_g,price,effective_from,free"
LETTER = ("ca-letter,canada,200,5.10,2027-01-01,", "ca-letter,canada,500,7.60,2027-01-01,")
IMPORT = reverse("admin:imports_importjob_add")
LIST = reverse("admin:shipping_shippingrate_changelist")
ADD = reverse("admin:shipping_shippingrate_add")


def file_of(*rows: str, head: str = HEAD) -> bytes:
    return "\r\n".join([head, *rows]).encode()


def imported(content: bytes) -> Report:
    """Import a file unless it has errors; return the report."""
    importer = RateImport()
    report = importer.plan(*read_rows(content))
    with transaction.atomic():
        if not report.errors and importer.apply():
            transaction.set_rollback(True)
    return report


def exported() -> bytes:
    return "".join(csv_lines(export_rows(), HEAD.split(","))).encode()


def stored() -> list[tuple[Any, ...]]:
    return list(
        ShippingRate.objects.order_by("pk").values_list(
            "method_zone", "effective_from", "up_to_g", "price", "free"
        )
    )


def letter(day: date) -> list[tuple[int, Decimal]]:
    rows = ShippingRate.objects.filter(method_zone__method__code="ca-letter", effective_from=day)
    return list(rows.order_by("up_to_g").values_list("up_to_g", "price"))


def errors_of(*rows: str) -> list[tuple[int, str, str]]:
    before = stored()
    report = imported(file_of(*rows))
    assert stored() == before
    return [(error.row, error.column, error.message) for error in report.errors]


# --- Upload and download -------------------------------------------------------------------------


def test_file_replaces_the_cards_that_it_names(shop: None) -> None:
    before = stored()
    key = "Lettermail to Canada 2027-01-01"
    assert imported(file_of(*LETTER)).changes == [
        (2, f"{key}, 200 g", "price", "", "5.10"),
        (3, f"{key}, 500 g", "price", "", "7.60"),
    ]
    assert letter(date(2027, 1, 1)) == [(200, Decimal("5.10")), (500, Decimal("7.60"))]
    assert stored()[: len(before)] == before
    rows = ("ca-letter;canada;500;7,80;2027-01-01",)
    report = imported(file_of(*rows, head=HEAD[:-5].replace(",", ";")))
    assert report.changes == [
        (2, f"{key}, 500 g", "price", "7.60", "7.80"),
        (0, f"{key}, 200 g", "price", "5.10", "removed"),
    ]
    assert (report.created, report.updated, report.unchanged) == (0, 2, 0)
    assert letter(date(2027, 1, 1)) == [(500, Decimal("7.80"))]


def test_download_can_be_uploaded_again(shop: None) -> None:
    ShippingRate.objects.filter(method_zone__method__code="ca-letter", up_to_g=200).update(
        price=0, free=True
    )
    before = stored()
    content = exported()
    assert content.startswith(b"\xef\xbb\xbfmethod,zone,up_to_g,price,effective_from,free\r\n")
    assert b"ca-letter,canada,200,0.00,2020-01-01,yes\r\n" in content
    report = imported(content)
    assert (report.changes, report.errors, report.unchanged) == ([], [], len(before))
    assert stored() == before


_CARDS = st.dictionaries(
    st.dates(date(2026, 1, 1), date(2030, 1, 1)),
    st.tuples(
        st.sets(st.integers(1, 499), max_size=4),
        st.lists(st.decimals("0.01", "99", places=2), min_size=5, max_size=5),
    ),
    min_size=1,
    max_size=3,
)


_WITH_DATABASE = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    max_examples=25,
)


# Mutation: with `free` left out of the export, a free row came back as an error.
@_WITH_DATABASE
@given(cards=_CARDS, free=st.booleans())
def test_round_trip_is_identity(cards: dict, free: bool, shop: None) -> None:
    to = MethodZone.objects.get(method__code="ca-letter")
    to.rates.all().delete()
    for day, (weights, prices) in cards.items():
        for place, grams in enumerate(sorted({*weights, 500})):
            zero = free and place == 0
            price = Decimal(0) if zero else sorted(prices)[place]
            to.rates.create(effective_from=day, up_to_g=grams, price=price, free=zero)
    content, before = exported(), stored()
    imported(content)
    assert stored() == before
    to.rates.all().delete()
    imported(content)
    assert exported() == content


ROW = "ca-letter,canada,500,7.60,2027-01-01,"


# Mutation: with the errors of a card read before those of its cells, a missing row was reported.
@pytest.mark.parametrize(
    ("row", "column", "message"),
    [
        ("nope,canada,500,7,2027-01-01,", "method", "No shipping method with a zone has this"),
        ("ca-letter,us,500,7,2027-01-01,", "zone", "does not ship to a zone with this code"),
        ("ca-letter,canada,,7,2027-01-01,", "up_to_g", "Enter a whole number."),
        ("ca-letter,canada,1.5,7,2027-01-01,", "up_to_g", "Enter a whole number."),
        ("ca-letter,canada,0,7,2027-01-01,", "up_to_g", "Enter a number from 1 to 1000000."),
        ("ca-letter,canada,NaN,7,2027-01-01,", "up_to_g", "Enter a whole number."),
        ("ca-letter,canada,500,x,2027-01-01,", "price", "Enter an amount like 12.50."),
        ("ca-letter,canada,500,7.123,2027-01-01,", "price", "Enter an amount like 12.50."),
        ("ca-letter,canada,500,-7,2027-01-01,", "price", "Enter a number from 0 to 99999.99."),
        ("ca-letter,canada,500,0.00,2027-01-01,", "price", "Only a price of 0.00 is free"),
        ("ca-letter,canada,500,7,2027-01-01,yes", "price", "Only a price of 0.00 is free"),
        ("ca-letter,canada,500,7,2027-01-01,maybe", "free", "Enter “yes”, or leave it empty."),
        ("ca-letter,canada,500,7,2027-02-30,", "effective_from", "Enter a date like 2027-01-31."),
        ("ca-letter,canada,500,7,1.2.27,", "effective_from", "Enter a date like 2027-01-31."),
        ("ca-letter,canada,501,8,2027-01-01,", "up_to_g", "The method takes 500 g at most."),
        (ROW, "up_to_g", "This card has two prices up to 500 g."),
        ("ca-letter,canada,200,7.61,2027-01-01,", "price", "Up to 500 g costs less than up to"),
    ],
)
def test_wrong_cell_is_named_and_nothing_is_saved(
    row: str, column: str, message: str, shop: None
) -> None:
    found = errors_of(ROW, row)
    assert [(number, name) for number, name, _text in found] in ([(3, column)], [(2, column)])
    assert message in found[0][2]


def test_gap_at_the_end_is_an_error(shop: None) -> None:
    assert errors_of(LETTER[0]) == [
        (2, "up_to_g", "The rates end at 200 g, but the method takes 500 g: add that row.")
    ]


def test_all_errors_are_named_in_the_order_of_rows(shop: None) -> None:
    rows = ("x,canada,a,b,c,d", ROW, "ca-letter,canada,0,-1,2027-01-01,")
    assert [(row, column) for row, column, _message in errors_of(*rows)] == [
        (2, "effective_from"), (2, "free"), (2, "method"), (2, "price"), (2, "up_to_g"),
        (4, "price"), (4, "up_to_g"),
    ]  # fmt: skip


def test_file_without_rows_is_rejected(shop: None) -> None:
    with pytest.raises(InvalidFile, match="The file has no rows below the header."):
        imported(file_of())


# Mutation: without the lock, both added the same rows, and one ended in an IntegrityError.
@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_two_uploads_of_one_card_follow_each_other(needs_postgres: None, shop: None) -> None:
    other = (LETTER[0].replace("5.10", "5.20"), LETTER[1])
    run_concurrently(lambda: imported(file_of(*LETTER)), lambda: imported(file_of(*other)))
    saved = letter(date(2027, 1, 1))
    assert saved in (
        [(200, Decimal("5.10")), (500, Decimal("7.60"))],
        [(200, Decimal("5.20")), (500, Decimal("7.60"))],
    )


# --- Checks --------------------------------------------------------------------------------------


def test_seeded_cards_have_no_warnings(shop: None) -> None:
    assert warnings(date(2026, 11, 30)) == []


def test_warnings_name_the_card_and_the_problem(shop: None) -> None:
    today = date(2026, 11, 30)
    rates = ShippingRate.objects.filter(method_zone__method__code="ca-letter")
    rates.filter(up_to_g=200).update(price="9")
    assert warnings(today) == [
        "Lettermail to Canada from 2020-01-01: Up to 500 g costs less than up to 200 g."
    ]
    rates.filter(up_to_g=500).delete()
    assert warnings(today) == [
        "Lettermail to Canada from 2020-01-01: The rates end at 200 g, but the method takes 500 g: "
        "add that row."
    ]
    rates.update(effective_from=date(2027, 1, 1), up_to_g=500)
    assert warnings(today) == [
        "Lettermail to Canada has no rates today, so shoppers do not see it."
    ]
    ShippingMethod.objects.filter(code="ca-letter").update(active=False)
    assert warnings(today) == []


def test_card_without_errors() -> None:
    prices = [Price(500, Decimal(7)), Price(200, Decimal(7)), Price(100, Decimal(0), free=True)]
    assert list(card_errors(prices, 500)) == []


# --- In the admin --------------------------------------------------------------------------------


def upload(staff: Client, *rows: str, mode: str = "both") -> Any:
    file = SimpleUploadedFile("rates.csv", file_of(*rows))
    return staff.post(IMPORT, {"dataset": "rates", "mode": mode, "file": file})


def test_staff_upload_and_download_rates(staff: Client, shop: None) -> None:
    assert upload(staff, *LETTER).status_code == 302
    job = ImportJob.objects.get()
    tasks.check(job.pk)
    staff.post(reverse("admin:imports_importjob_action", args=[job.pk, "start"]), {"once": "1"})
    tasks.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.created, job.updated) == ("imported", 2, 0)
    assert letter(date(2027, 1, 1)) == [(200, Decimal("5.10")), (500, Decimal("7.60"))]
    response = staff.get(reverse("admin:imports_importjob_export", args=["rates", "csv"]))
    assert b"ca-letter,canada,200,5.10,2027-01-01,\r\n" in b"".join(response)  # type: ignore[arg-type]


def test_upload_with_errors_shows_row_and_column(staff: Client, shop: None) -> None:
    before = stored()
    upload(staff, ROW, "ca-letter,canada,x,1,2027-01-01,")
    job = ImportJob.objects.get()
    tasks.check(job.pk)
    job.refresh_from_db()
    assert job.state == "failed"
    assert job.report["errors"] == [[3, "up_to_g", "x", "Enter a whole number."]]
    assert stored() == before


def test_cards_are_replaced_as_a_whole(staff: Client, shop: None) -> None:
    response = upload(staff, ROW, mode="update")
    assert response.status_code == 422
    assert "choose “update and create”" in response.content.decode()
    assert not ImportJob.objects.exists()


def test_upload_needs_to_add_change_and_delete(client: Client, bob: Any, shop: None) -> None:
    bob.is_staff = True
    bob.save()
    names = ["add_importjob", "view_importjob", "view_shippingrate", "change_shippingrate"]
    bob.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(bob)
    assert upload(client, ROW).status_code == 422
    assert not ImportJob.objects.exists()


def add(staff: Client, code: str, grams: str, price: str, **more: str) -> str:
    to = MethodZone.objects.get(method__code=code)
    data = {
        "method_zone": to.pk, "effective_from": "2020-01-01", "up_to_g": grams, "price": price,
        **more,
    }  # fmt: skip
    return staff.post(ADD, data).content.decode()


@pytest.mark.parametrize(
    ("grams", "price", "more", "error"),
    [
        ("300", "4.79", {}, "Up to 300 g costs less than up to 200 g."),
        ("300", "7.21", {}, "Up to 500 g costs less than up to 300 g."),
        ("500", "7.20", {}, "This rate card already has a price up to this weight."),
        ("501", "8", {}, "The method takes 500 g at most."),
        ("0", "1", {}, "Ensure this value is greater than or equal to 1."),
        ("100", "-1", {}, "Ensure this value is greater than or equal to 0."),
        ("100", "0", {}, "Enter a price, or 0.00 and check “free”."),
        ("100", "1", {"free": "on"}, "Enter a price, or 0.00 and check “free”."),
        ("", "", {}, "This field is required."),
    ],
)
def test_row_that_breaks_its_card_is_rejected(
    grams: str, price: str, more: dict[str, str], error: str, staff: Client, shop: None
) -> None:
    before = stored()
    assert error in add(staff, "ca-letter", grams, price, **more)
    assert stored() == before


def test_row_is_added_to_its_card(staff: Client, shop: None) -> None:
    assert add(staff, "ca-letter", "300", "5,50") == ""
    assert letter(date(2020, 1, 1)) == [
        (200, Decimal("4.80")), (300, Decimal("5.50")), (500, Decimal("7.20")),
    ]  # fmt: skip


def test_list_of_rates_warns_of_gaps(staff: Client, shop: None) -> None:
    ShippingRate.objects.filter(method_zone__method__code="ca-letter").delete()
    page = staff.get(LIST).content.decode()
    assert "Lettermail to Canada has no rates today, so shoppers do not see it." in page


# --- Methods -------------------------------------------------------------------------------------


def method_form(*zones: tuple[str, str, str], **fields: Any) -> dict[str, Any]:
    data = {
        "code": "slow", "name": "Slow", "max_weight_g": "30000", "max_parcels": "1",
        "handling_fee": "0", "position": "0", "active": "on", "zones-INITIAL_FORMS": 0,
        "zones-TOTAL_FORMS": len(zones), **fields,
    }  # fmt: skip
    for place, row in enumerate(zones):
        for name, value in zip(("zone", "min_days", "max_days"), row, strict=True):
            data[f"zones-{place}-{name}"] = value
    return {name: value for name, value in data.items() if value is not None}


@pytest.mark.parametrize(
    ("fields", "days", "error"),
    [
        ({"name": " lettermail "}, ("1", "2"), "“Canada” already has an active method of this"),
        ({}, ("3", "2"), "Enter at least the minimum number of days."),
        ({"volumetric_divisor": "4000"}, ("1", "2"), "Select a valid choice."),
        ({"max_weight_g": "0"}, ("1", "2"), "Ensure this value is greater than or equal to 1."),
    ],
)
def test_conflicting_shipping_method_is_rejected(
    fields: dict[str, Any], days: tuple[str, str], error: str, staff: Client, shop: None
) -> None:
    before = ShippingMethod.objects.count()
    canada = str(ShippingZone.objects.get(code="canada").pk)
    data = method_form((canada, *days), **fields)
    page = staff.post(reverse("admin:shipping_shippingmethod_add"), data).content.decode()
    assert error in page
    assert ShippingMethod.objects.count() == before


@pytest.mark.parametrize("active", ["on", None])
def test_shipping_method_is_saved_with_its_zones(active: Any, staff: Client, shop: None) -> None:
    us = str(ShippingZone.objects.get(code="us").pk)
    # an inactive one may have a name that is in use
    name = "Slow" if active else "Small Packet USA"
    data = method_form((us, "1", "2"), active=active, name=name, volumetric_divisor="6000")
    response = staff.post(reverse("admin:shipping_shippingmethod_add"), data)
    assert response.status_code == 302
    to = MethodZone.objects.get(method__code="slow")
    assert (to.zone.code, to.min_days, to.max_days) == ("us", 1, 2)
    assert to.method.volumetric_divisor == 6000
