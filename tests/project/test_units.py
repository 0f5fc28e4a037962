"""One format for numbers with units."""

from decimal import Decimal

import pytest

from microflight.core.units import format_number, format_weight


@pytest.mark.parametrize(
    ("grams", "written"),
    [
        ("3.60", "3.6 g"),
        ("12.34", "12.34 g"),
        ("410.00", "410 g"),
        ("999.99", "999.99 g"),
        ("1000", "1 kg"),
        ("1240", "1.24 kg"),
    ],
)
def test_weight_has_a_unit(grams: str, written: str) -> None:
    assert format_weight(Decimal(grams)) == written.replace(" ", "\N{NO-BREAK SPACE}")


def test_number_has_no_trailing_zeros() -> None:
    assert [format_number(Decimal("0.850")), format_number(7.0), format_number(Decimal(40))] == [
        "0.85",
        "7",
        "40",
    ]
