"""Admin lists make the same number of queries for two rows as for twelve."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.project.admin_rows import ROWS


def _statements(client: Client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as counted:
        assert client.get(url).status_code == 200
    return len(counted)


@pytest.mark.parametrize("label", ROWS)
def test_queries_do_not_grow_with_the_list(label: str, staff: Client) -> None:
    url = reverse(f"admin:{label.lower().replace('.', '_')}_changelist")
    for number in range(2):
        ROWS[label](number)
    staff.get(url)  # content types, site
    few = _statements(staff, url)
    for number in range(2, 12):
        ROWS[label](number)
    assert _statements(staff, url) == few
    assert few <= 14


@pytest.mark.parametrize("label", ROWS)
def test_change_page_opens(label: str, staff: Client) -> None:
    row = ROWS[label](1)
    url = reverse(f"admin:{label.lower().replace('.', '_')}_change", args=[row.pk])
    assert staff.get(url).status_code == 200


@pytest.mark.parametrize("label", ROWS)
def test_add_page_opens_or_is_forbidden(label: str, staff: Client) -> None:
    url = reverse(f"admin:{label.lower().replace('.', '_')}_add")
    written_by_services = label.split(".")[0] in {
        "payment", "tickets", "audit", "agreements", "saved_views",
    }  # fmt: skip
    written_by_services |= label.startswith(
        (
            "partner.Stock",
            "partner.Price",
            "back_in_stock.",
            "reviews.",
            "saved_searches.",
            "opening.OpeningHours",
            "documents.Issued",
            "tax.TaxL",
        )
    )
    written_by_services |= label in {
        "withdrawal.Withdrawal", "deadlines.DelayNotice", "mail.Message",
    }  # fmt: skip
    assert staff.get(url).status_code == (403 if written_by_services else 200)


@pytest.mark.parametrize("label", ROWS)
def test_unknown_row_is_not_found(label: str, staff: Client) -> None:
    for pk in ("999999", "x"):
        url = reverse(f"admin:{label.lower().replace('.', '_')}_change", args=[pk])
        answer = staff.get(url)
        assert answer.status_code in (302, 404)
