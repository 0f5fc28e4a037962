"""Numbers as people type them, wherever the shop reads one."""

from decimal import Decimal

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.forms import fields as django_fields
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.users.models import User
from catalog.models import Product
from catalog.partner.models import StockRecord
from microflight.core import numbers
from microflight.core.admin_base import EditableAdmin
from microflight.core.numbers import join_thousands, plain_number
from tests.admin_forms import open_form
from tests.catalog import factories
from tests.project.admin_rows import ROWS


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("3.6", "3.6"), ("3,6", "3.6"), (" 3,60 ", "3.60"), (",5", ".5"), ("-2", "-2"),
        ("\u22122,5", "-2.5"), ("0,125", "0.125"), ("1234,567", "1234.567"), ("1.234", "1.234"),
        ("1 234", "1234"), ("1\u00a0234,50", "1234.50"), ("1\u202f234.5", "1234.5"),
        ("1\u2009234\u2009567", "1234567"), ("1,234.50", "1234.50"), ("1.234,50", "1234.50"),
        ("1,234,567", "1234567"), ("1.234.567", "1234567"), ("1'234.5", "1234.5"),
        ("1\u2019234", "1234"), ("\uff13\uff0c\uff16", "3.6"), ("\uff11\uff10", "10"),
        ("\uff0d\uff15\uff0e\uff12", "-5.2"), ("\u0663\u0664", "34"),
        ("\u0663\u066b\u0666", "3.6"), ("\u0661\u066c\u0662\u0663\u0664\u066b\u0665", "1234.5"),
    ],
)  # fmt: skip
def test_number_is_read_as_typed(typed: str, number: str) -> None:
    assert plain_number(typed) == number


@pytest.mark.parametrize("typed", ["1,234", "12,345", "-123,456", "\uff11\uff0c\uff12\uff13\uff14"])
def test_ambiguous_number_is_rejected_with_both_readings(typed: str) -> None:
    with pytest.raises(ValidationError) as error:
        plain_number(typed)
    assert "Is the comma decimal, or does it separate thousands?" in error.value.messages[0]
    assert plain_number("-123,45") == "-123.45"


@pytest.mark.parametrize(
    "typed", ["12 34", "1,23,456", "1.234,567,890", "5\u00b2", "\u00bd", "1e9", "ten", "", "1 2,5"]
)
def test_what_is_no_number_stays_for_the_field_to_reject(typed: str) -> None:
    assert plain_number(typed) == typed


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        (numbers.DecimalField(decimal_places=2), "1 234,50", Decimal("1234.50")),
        (numbers.IntegerField(), "\uff11 \uff12\uff13\uff14", 1234),
        (numbers.IntegerField(), "5,0", 5),
        (numbers.FloatField(), "3,6", 3.6),
    ],
)
def test_fields_read_numbers_as_typed(
    field: django_fields.Field, typed: str, value: object
) -> None:
    assert field.clean(typed) == value
    assert not field.has_changed(value, typed)


@pytest.mark.parametrize("typed", ["1,234", "12 34", "5\u00b2", "3,5"])
def test_fields_reject_what_is_no_whole_number(typed: str) -> None:
    with pytest.raises(ValidationError):
        numbers.IntegerField().clean(typed)


# Mutation: without FORM_FIELDS, each of these fields was Django's own.
@pytest.mark.parametrize(
    "model", [m for m, one in admin.site._registry.items() if isinstance(one, EditableAdmin)]
)
def test_every_number_of_the_admin_is_read_as_typed(
    model: type[models.Model], rf: RequestFactory, charlie: User
) -> None:
    request: HttpRequest = rf.get("/")
    request.user = charlie
    model_admin = admin.site._registry[model]
    label = model._meta.label
    row = ROWS[label](1) if label in ROWS else None
    forms = [model_admin.get_form(request, row, change=row is not None)]
    forms += [each.form for each, _inline in model_admin.get_formsets_with_inlines(request, row)]
    own = (numbers.IntegerField, numbers.DecimalField, numbers.FloatField)
    for form in forms:
        for name, field in form.base_fields.items():
            if isinstance(field, django_fields.IntegerField):
                assert isinstance(field, own), name


def test_price_and_weight_with_decimal_comma_are_saved(staff: Client, db: None) -> None:
    product = factories.product("Butterfly", sku="MF-B", into=factories.category("Toys"))
    url = reverse("admin:catalogue_product_change", args=[product.pk])
    form = open_form(staff, url)
    data = {**form, "weight_g": "3,75", "stockrecords-0-regular_price": "1\u202f012,50"}
    assert staff.post(url, data).status_code == 302
    assert Product.objects.get().weight_g == Decimal("3.75")
    assert StockRecord.objects.get().price == Decimal("1012.50")
    page = staff.post(url, {**form, "stockrecords-0-regular_price": "1,234"}).content.decode()
    assert "Write 1.234 or 1234." in page
    assert StockRecord.objects.get().price == Decimal("1012.50")


def test_stock_form_reads_full_width_digits(staff: Client, db: None) -> None:
    record = factories.product("Butterfly", sku="MF-B").stockrecords.get()
    url = f"{reverse('admin:partner_stockrecord_form', args=['receive'])}?records={record.pk}"
    staff.post(url, {**open_form(staff, url), f"quantity_{record.pk}": "\uff11 \uff10\uff10\uff10"})
    record.refresh_from_db()
    assert record.num_in_stock == 1020


def test_line_break_in_a_name_is_rejected(staff: Client, db: None) -> None:
    product = factories.product("Butterfly", sku="MF-B", into=factories.category("Toys"))
    url = reverse("admin:catalogue_product_change", args=[product.pk])
    page = staff.post(url, {**open_form(staff, url), "title": "Butter\r\nfly"}).content.decode()
    assert "Use one line." in page
    assert Product.objects.get().title == "Butterfly"


@pytest.mark.parametrize(
    ("typed", "joined"),
    [
        ("1 000 mAh", "1000 mAh"), ("1\u00a0000", "1000"), ("4 x 100", "4 x 100"),
        ("12 34", "12 34"), ("10 000 000", "10000000"), ("MF-1 000", "MF-1000"),
    ],
)  # fmt: skip
def test_thousands_are_joined(typed: str, joined: str) -> None:
    assert join_thousands(typed) == joined


@pytest.mark.parametrize(
    "query", ["3.6 g", "3,6 g", "3,6\u00a0g", "\uff13\uff0e\uff16 g", "3,6g", "butterfly 3,6"]
)
def test_search_finds_a_weight_however_it_is_typed(query: str, client: Client, db: None) -> None:
    factories.product("Butterfly", sku="MF-B", weight="3.6")
    factories.product("Monarch", sku="MF-M", weight="36")
    page = client.get("/search/", {"q": query}).content.decode()
    assert "Butterfly" in page
    assert "Monarch" not in page


@pytest.mark.parametrize("query", ["1000 mAh", "1 000 mAh", "1\u202f000 mAh", "1,000 mAh"])
def test_search_finds_thousands_however_they_are_typed(
    query: str, client: Client, db: None
) -> None:
    factories.product("Cell A 1,000 mAh", sku="MF-A")
    factories.product("Cell B 1000 mAh", sku="MF-X")
    factories.product("Cell C 100 mAh", sku="MF-C")
    page = client.get("/search/", {"q": query}).content.decode()
    assert "Cell A" in page
    assert "Cell B" in page
    assert "Cell C" not in page
