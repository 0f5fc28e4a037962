"""The rate card: its CSV file, its checks and its page in the admin."""

import io
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkout.shipping.models import MethodZone, ShippingMethod, ShippingRate, ShippingZone
from checkout.shipping.rate_card import (
    InvalidRates,
    Price,
    card_errors,
    export,
    import_rates,
    warnings,
)
from microflight.core.csv_files import InvalidFile
from tests.concurrency import run_concurrently

pytestmark = pytest.mark.django_db
HEAD = "method,zone,up_to_g,price,effective_from,free"
LETTER = ("ca-letter,canada,200,5.10,2027-01-01,", "ca-letter,canada,500,7.60,2027-01-01,")
IMPORT = reverse("admin:shipping_shippingrate_import")
LIST = reverse("admin:shipping_shippingrate_changelist")
ADD = reverse("admin:shipping_shippingrate_add")


def file_of(*rows: str, head: str = HEAD) -> io.BytesIO:
    return io.BytesIO("\r\n".join([head, *rows]).encode())


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
    with pytest.raises(InvalidRates) as caught:
        import_rates(file_of(*rows))
    assert stored() == before
    return [tuple(error) for error in caught.value.errors]


# --- Upload and download -------------------------------------------------------------------------


def test_file_replaces_the_cards_that_it_names(shop: None) -> None:
    before = stored()
    ((card, done),) = import_rates(file_of(*LETTER))
    assert (card.effective_from, done) == (date(2027, 1, 1), Counter(added=2))
    assert letter(date(2027, 1, 1)) == [(200, Decimal("5.10")), (500, Decimal("7.60"))]
    assert stored()[: len(before)] == before
    rows = ("ca-letter;canada;500;7,80;2027-01-01",)
    ((_card, done),) = import_rates(file_of(*rows, head=HEAD[:-5].replace(",", ";")))
    assert done == Counter(changed=1, removed=1)
    assert letter(date(2027, 1, 1)) == [(500, Decimal("7.80"))]


def test_download_can_be_uploaded_again(shop: None) -> None:
    ShippingRate.objects.filter(method_zone__method__code="ca-letter", up_to_g=200).update(
        price=0, free=True
    )
    before = stored()
    content = "".join(export()).encode()
    assert content.startswith(b"\xef\xbb\xbfmethod,zone,up_to_g,price,effective_from,free\r\n")
    assert b"ca-letter,canada,200,0.00,2020-01-01,yes\r\n" in content
    results = import_rates(io.BytesIO(content))
    assert sum(done.total() for _card, done in results) == 0
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
    content, before = "".join(export()).encode(), stored()
    import_rates(io.BytesIO(content))
    assert stored() == before
    to.rates.all().delete()
    import_rates(io.BytesIO(content))
    assert "".join(export()).encode() == content


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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"method,zone\r\n", "Missing columns: up_to_g, price, effective_from."),
        (HEAD.encode() + b"\r\n", "The file has no rows below the header."),
        (b"\xff\xfe\x00", "The file is not UTF-8."),
        (HEAD.encode() + b",price\r\n" + ROW.encode(), "Duplicate columns: price."),
    ],
)
def test_unreadable_file_is_rejected(content: bytes, message: str, shop: None) -> None:
    before = stored()
    with pytest.raises(InvalidFile, match=message):
        import_rates(io.BytesIO(content))
    assert stored() == before


# Mutation: without the lock, both added the same rows, and one ended in an IntegrityError.
@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_two_uploads_of_one_card_follow_each_other(needs_postgres: None, shop: None) -> None:
    other = (LETTER[0].replace("5.10", "5.20"), LETTER[1])
    run_concurrently(lambda: import_rates(file_of(*LETTER)), lambda: import_rates(file_of(*other)))
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


def upload(staff: Client, *rows: str) -> Any:
    content = file_of(*rows).getvalue()
    return staff.post(IMPORT, {"file": SimpleUploadedFile("rates.csv", content)})


def test_staff_upload_and_download_rates(staff: Client, shop: None) -> None:
    response = upload(staff, *LETTER)
    assert (response.status_code, response.url) == (302, LIST)
    page = staff.get(LIST).content.decode()
    assert "Rows: 2 added, 0 changed, 0 removed." in page
    assert letter(date(2027, 1, 1)) == [(200, Decimal("5.10")), (500, Decimal("7.60"))]
    entry = LogEntry.objects.get()
    assert "Rates to Canada from 2027-01-01: 2 added" in entry.change_message
    assert entry.object_repr == "Lettermail"
    response = staff.get(reverse("admin:shipping_shippingrate_export"))
    assert b"ca-letter,canada,200,5.10,2027-01-01,\r\n" in b"".join(response)  # type: ignore[arg-type]


def test_upload_with_errors_shows_row_and_column(staff: Client, shop: None) -> None:
    before = stored()
    response = upload(staff, ROW, "ca-letter,canada,x,1,2027-01-01,")
    page = response.content.decode()
    assert (response.status_code, "1 error. Nothing was saved." in page) == (422, True)
    assert "<td>3</td><td><code>up_to_g</code></td><td>Enter a whole number.</td>" in page
    assert (stored(), LogEntry.objects.count()) == (before, 0)
    assert staff.post(IMPORT, {}).status_code == 422


def test_change_permission_alone_does_not_allow_an_upload(client: Client, bob: Any) -> None:
    bob.is_staff = True
    bob.save()
    client.force_login(bob)
    assert client.get(IMPORT).status_code == 403
    assert upload(client, ROW).status_code == 403


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
