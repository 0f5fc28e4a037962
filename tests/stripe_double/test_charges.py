"""When a captured charge reaches the balance."""

import pytest

from .control import Double


def balances(double: Double) -> list[tuple[str, bool]]:
    """Each event about a charge, and whether its balance transaction is there."""
    charges = [e for e in double.events() if e["data"]["object"]["object"] == "charge"]
    return [(e["type"], e["data"]["object"]["balance_transaction"] is not None) for e in charges]


def test_asynchronous_capture_reports_the_balance_in_a_later_event(double, pay):
    pay(capture_method="automatic_async")
    assert balances(double) == [("charge.succeeded", False), ("charge.updated", True)]
    assert double.events()[-1]["data"]["previous_attributes"] == {"balance_transaction": None}


@pytest.mark.parametrize("method", ["automatic", "manual"])
def test_other_captures_move_the_balance_at_once(double, pay, method):
    intent = pay(capture_method=method)
    if method == "manual":
        double.capture(intent.id)
    assert balances(double)[-1][1] is True
    assert "charge.updated" not in [kind for kind, _ in balances(double)]
