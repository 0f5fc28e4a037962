"""The table of staff tasks and the staff handbook are complete."""

import pytest

from tests.browser.admin_tasks.tasks import Row, rows


@pytest.mark.parametrize("row", rows().values(), ids=lambda row: row.task)
def test_measured_task_is_within_its_target(row: Row) -> None:
    assert row.is_within_target


def test_task_above_its_target_is_found() -> None:
    assert not Row("x", "", "", "6 / 6", "6 / 7").is_within_target
    assert Row("x", "", "", "6 / 6", "6 / 6").is_within_target
