"""Card numbers are rejected or removed wherever text is accepted. The numbers are test cards."""

import copy
from collections.abc import Iterator

import pytest
from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.test import Client
from django.urls import get_resolver

from microflight.core.card_numbers import (
    REDACTED,
    has_card_number,
    redact_card_numbers,
    reject_card_number,
)
from microflight.core.log_formatters import redact

VISA = "4242424242424242"
CARDS = (
    VISA,
    "4222222222222",  # 13 digits
    "4000000760000002",
    "5555555555554444",
    "2223003122003222",
    "2720992593319364",
    "378282246310005",
    "6011111111111117",
    "6500000000000002",
    "30569309025904",
    "36227206271667",
    "3566002020360505",
    "6205500000000000004",  # 19 digits
    "6759649826438453",
    "2200000000000004",
)


@pytest.mark.parametrize("number", CARDS)
def test_each_issuer_is_found(number: str) -> None:
    # Mutation: without the Luhn sum's `- 9`, these are not found.
    assert redact_card_numbers(number) == REDACTED


@pytest.mark.parametrize(
    "text",
    [
        "4242 4242 4242 4242",
        "4242-4242-4242-4242",
        "4242.4242.4242.4242",
        "4242\u00a04242\u202f4242\u20094242",  # spaces that do not break
        "4242\u20134242\u20134242\u20134242",
        "4242 - 4242 - 4242 - 4242",
        "4242\n4242\n4242\n4242",
        "4242\u200b4242\u200b4242\u200b4242",
        "42 42 42 42 42 42 42 42",
        "4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2",
        "424242 4242424242",
        "٤٢٤٢ ٤٢٤٢ ٤٢٤٢ ٤٢٤٢",
        "４２４２４２４２４２４２４２４２",
        "3782 822463 10005",
        "visa4242424242424242",
        "my card: 4242 4242 4242 4242, exp 12/30",
        "4242 4242 4242 4242 12/30 123",
        "4242424242424242exp1230",
        "+4242 4242 4242 4242",
    ],
)
def test_card_numbers_are_found_as_people_write_them(text: str) -> None:
    assert has_card_number(text)
    assert not any(part in redact_card_numbers(text) for part in ("4242", "٤٢٤٢", "822463"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4242424242424241",  # the check digit is wrong
        "1234567812345670",  # Luhn, but no issuer
        "100014 100022 100030",  # order numbers
        "+1 306 955 1836, +1 306 931 0055",
        "306-955-1836\n415-555-2671",
        "+49 176 12345678",
        "tel:+1-306-955-1836;ext=12",
        "RN 123 456 789 CA",
        "9400 1000 0000 0000 0000 00",  # a tracking number of the US mail
        "4006381333931",  # the barcode of a German product
        "2026-11-30 11:25:03.123456",
        "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3",
        "pi_3N4242424242424242",
        "S7K 1A1",
        "MF-4242424242",
    ],
)
def test_other_numbers_are_not_card_numbers(text: str) -> None:
    assert not has_card_number(text)
    assert redact_card_numbers(text) == text


def test_redaction_keeps_the_rest_of_the_text() -> None:
    text = "Pay with 4242 4242 4242 4242 or 3782 822463 10005, please call 306 955 1836."
    assert redact_card_numbers(text) == (
        f"Pay with {REDACTED} or {REDACTED}, please call 306 955 1836."
    )


def test_the_message_says_what_to_do() -> None:
    with pytest.raises(ValidationError, match="Please remove it") as error:
        reject_card_number(VISA)
    assert error.value.code == "card_number"


# --- Every form and every model ------------------------------------------------------------------

#: Fields that accept such numbers, and why.
EXEMPT: dict[str, str] = {}


def _subclasses(base: type) -> Iterator[type]:
    for each in base.__subclasses__():
        yield each
        yield from _subclasses(each)


def _rejects(field: forms.Field) -> bool:
    """Tell whether a field rejects card numbers, without its other validators."""
    field = copy.copy(field)
    field.validators = []
    try:
        field.run_validators(VISA)
    except ValidationError:
        return True
    return False


def test_every_text_field_of_every_form_rejects_card_numbers() -> None:
    """Forms are known once the URLs are loaded. Mutation: without `protect_text_fields()`."""
    assert get_resolver().url_patterns
    fields = {
        f"{form.__module__}.{form.__qualname__}.{name}": field
        for form in _subclasses(forms.BaseForm)
        for name, field in getattr(form, "base_fields", {}).items()
        if isinstance(field, forms.CharField) and not isinstance(field.widget, forms.PasswordInput)
    }
    assert len(fields) > 60
    assert [name for name, field in fields.items() if not _rejects(field)] == list(EXEMPT)


def test_every_kind_of_text_field_rejects_card_numbers() -> None:
    """Fields that forms add when they are created, too: only these classes accept such numbers."""
    accepting = {
        field.__qualname__
        for field in (forms.CharField, *_subclasses(forms.CharField))
        if getattr(field, "takes_long_numbers", False)
        or (field.run_validators is not forms.CharField.run_validators)
    }
    # tracking numbers of carriers; a class that Django's search for PostgreSQL defines, unused
    assert accepting - {"SimpleArrayField"} == {"LongNumberField"}


def test_every_text_column_rejects_card_numbers_in_a_form() -> None:
    columns = [
        column
        for model in apps.get_models()
        for column in model._meta.concrete_fields
        if isinstance(column, models.CharField | models.TextField)
        and column.editable
        and not column.choices
        and column.name != "password"
    ]
    unprotected = [
        str(column) for column in columns if (field := column.formfield()) and not _rejects(field)
    ]
    assert len(columns) > 60
    assert unprotected == []


# --- Entry points without a form -----------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        f"GET /search/?q={VISA}",
        "GET /search/?q=4242+4242+4242+4242",
        "GET /search/?q=4242%204242%204242%204242",
        "no such page: /4242-4242-4242-4242/",
    ],
)
def test_logs_lose_card_numbers(line: str) -> None:
    written = redact(line)
    assert REDACTED in written
    assert "4242" not in written


@pytest.mark.django_db
@pytest.mark.parametrize("query", [VISA, "4242+4242+4242+4242", "4242%C2%A042424242+4242"])
def test_a_search_for_a_card_number_is_redirected_without_it(client: Client, query: str) -> None:
    response = client.get(f"/search/?q=motor&x={query}")
    assert response.status_code == 302
    assert response["Location"] == "/search/?q=motor&x=%5Bcard+number+removed%5D"


@pytest.mark.django_db
def test_a_search_for_other_numbers_is_not_redirected(client: Client) -> None:
    assert client.get("/search/?q=4006381333931").status_code == 200
