"""Allocation, rounding and formatting of money; check digits of order numbers."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.order.numbers import check_digit, is_order_number
from microflight.core.money import (
    allocate,
    cash_cents,
    format_cents,
    format_percent,
    from_cents,
    rounded,
    to_cents,
)

weights = st.lists(st.integers(0, 10**7), min_size=1, max_size=12)


@given(total=st.integers(0, 10**7), weights=weights)
def test_allocation_adds_up(total: int, weights: list[int]):
    parts = allocate(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    if whole:
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part - Decimal(total) * weight / whole) < 1


def test_remaining_cent_goes_to_largest_remainder():
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(5, [Decimal("1.00"), Decimal("2.00"), Decimal("4.00")]) == [1, 1, 3]


def test_allocation_without_weights():
    assert allocate(7, [0, 0]) == [7, 0]
    assert allocate(0, []) == []


def test_half_cent_is_rounded_up():
    assert rounded(Decimal("2.485")) == Decimal("2.49")
    assert rounded(Decimal("2.4849")) == Decimal("2.48")


def test_cents_and_dollars_convert():
    assert to_cents(Decimal("49.95")) == 4995
    assert from_cents(4995) == Decimal("49.95")
    with pytest.raises(ValueError, match="whole number of cents"):
        to_cents(Decimal("49.955"))


def test_check_digit_of_published_example():
    assert check_digit("572") == 4


@given(st.integers(10_000, 10**9), st.data())
def test_wrong_or_swapped_digit_is_detected(counter: int, data: st.DataObject):
    number = f"{counter}{check_digit(str(counter))}"
    assert is_order_number(number)
    place = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != number[place]]))
    assert not is_order_number(number[:place] + other + number[place + 1 :])
    for left in range(len(number) - 1):
        if number[left] != number[left + 1]:
            swapped = number[:left] + number[left + 1] + number[left] + number[left + 2 :]
            assert not is_order_number(swapped)


@pytest.mark.parametrize("text", ["", "12", "１００１４４", "10001a", "-100014"])
def test_invalid_order_number(text: str):
    assert not is_order_number(text)


@pytest.mark.parametrize(
    ("cents", "written"),
    [(0, "$0.00"), (5, "$0.05"), (123450, "$1,234.50"), (-123450, "−$1,234.50")],
)
def test_cents_are_formatted(cents, written):
    assert format_cents(cents) == written


@pytest.mark.parametrize(
    ("rate", "shown"), [("0.05000", "5%"), ("0.09975", "9.975%"), ("0.1", "10%"), ("0", "0%")]
)
def test_percentages_have_no_trailing_zeros(rate: str, shown: str):
    assert format_percent(Decimal(rate)) == shown


# Totals that end in 1, 2, 6 or 7 cents round down, in 3, 4, 8 or 9 up.
@pytest.mark.parametrize(
    ("cents", "cash"),
    [
        (0, 0), (1, 0), (2, 0), (3, 5), (4, 5), (5, 5), (101, 100), (106, 105), (107, 105),
        (108, 110), (109, 110), (9_999_998, 10_000_000), (-103, -105), (-102, -100),
    ],
)  # fmt: skip
def test_cash_rounds_to_five_cents(cents: int, cash: int):
    assert cash_cents(cents) == cash


@given(st.integers(0, 10**7))
def test_cash_differs_by_two_cents_at_most(cents: int):
    assert abs(cash_cents(cents) - cents) <= 2
    assert cash_cents(cents) % 5 == 0
