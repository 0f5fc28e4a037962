"""The formulas of the build sheet, against numbers computed by hand."""

from decimal import Decimal

import pytest

from catalog.build_sheet import balance
from catalog.build_sheet.balance import Mass


def d(text):
    return Decimal(text)


AIRFRAME, CELL = Mass(d("3.9"), d("101")), Mass(d("1.43"), d("31"))


def test_center_of_gravity_is_the_weighted_mean():
    # (3.9 * 101 + 1.43 * 31) / 5.33 = 438.23 / 5.33 = 82.22
    assert balance.total_weight([AIRFRAME, CELL]) == d("5.33")
    cg = balance.center_of_gravity([AIRFRAME, CELL])
    assert cg == d("438.23") / d("5.33")
    assert balance.rounded(cg) == d("82.2")
    assert balance.center_of_gravity([]) is None
    assert balance.center_of_gravity([Mass(d("0"), d("5"))]) is None


def test_wing_loading_is_weight_by_area():
    assert balance.wing_loading(d("3.6"), d("1.35")) == d("2.7")


@pytest.mark.parametrize(
    ("target", "mm", "is_forward"),
    # (target - 82.22) * 5.33 / 1.43, rounded up to a whole millimetre
    [("80", "-9", True), ("75", "-27", True), ("85", "11", False)],
)
def test_move_of_a_part_reaches_the_target(target, mm, is_forward):
    cg = d("438.23") / d("5.33")
    move = balance.move_of(CELL, d("5.33"), cg, d(target))
    assert (move.mm, move.is_forward, move.distance) == (d(mm), is_forward, abs(d(mm)))
    moved = balance.center_of_gravity([AIRFRAME, Mass(CELL.weight_g, CELL.x + move.mm)])
    assert abs(moved - d(target)) <= d("0.4")  # 1 mm of the cell


def test_part_without_weight_moves_nothing():
    assert balance.move_of(Mass(d("0"), d("5")), d("5"), d("80"), d("75")) is None


def test_ballast_at_the_nose_reaches_the_target():
    # 5.33 * (75 - 82.22) / (0 - 75) = 0.5131
    cg = d("438.23") / d("5.33")
    added = balance.ballast(d("5.33"), cg, d("75"), d("0"))
    assert added == d("0.52")
    assert balance.rounded(balance.center_of_gravity([AIRFRAME, CELL, Mass(added, d("0"))])) == d(
        "74.9"
    )


def test_no_ballast_on_the_wrong_side():
    assert balance.ballast(d("5"), d("80"), d("75"), d("200")) is None
    assert balance.ballast(d("5"), d("80"), d("75"), d("75")) is None
