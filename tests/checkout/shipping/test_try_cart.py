"""`manage.py try_cart`: its last line, its reasons, and messages about bad input."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Product


def run(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("try_cart", *arguments, stdout=out)
    return out.getvalue().splitlines()


@pytest.fixture
def cell(product: Any) -> Product:
    made = product("LiPo cell 50 mAh", price="9.00", weight="1.40", battery="loose")
    made.stockrecords.update(partner_sku="BT-050")
    return made


@pytest.fixture
def rod(product: Any) -> Product:
    made = product("Carbon rod", price="3.00", weight="0.30")
    made.stockrecords.update(partner_sku="RD-1")
    return made


def test_answer_ends_with_the_counts(cell: Any, rod: Any):
    lines = run("CA:SK", "BT-050=2", "RD-1")
    assert lines[-1] == "3 services, 2 refused"
    assert "Xpresspost: refused" in lines


def test_refusal_has_rule_source_date_and_help(cell: Any, rod: Any):
    lines = run("DE", "BT-050=2", "RD-1")
    assert lines[-1] == "0 services, 6 refused"
    start = lines.index("International Parcel, surface: refused")
    assert lines[start + 1].startswith("  - lithium-abroad: Canada Post carries lithium batteries")
    assert lines[start + 1].endswith("2026-11-29)")
    assert lines[start + 2] == "    LiPo cell 50 mAh"
    assert "  + Remove 2 × LiPo cell 50 mAh." in lines
    assert lines[-2] == "The closest cart that can ship: 1 × Carbon rod"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["XX", "RD-1"], "No country has the code “XX”"),
        (["", "RD-1"], "No country has the code “”"),
        (["CA:SK", "NO-SUCH"], "No product with a price has the SKU “NO-SUCH”"),
        (["CA:SK", "RD-1=0"], "from 1 to 500"),
        (["CA:SK", "RD-1=two"], "write SKU=QUANTITY"),
        (["CA:SK", "RD-1=-2"], "write SKU=QUANTITY"),
    ],
)
def test_bad_input_gets_a_message(arguments: list[str], message: str, rod: Any):
    with pytest.raises(CommandError, match=message):
        run(*arguments)
