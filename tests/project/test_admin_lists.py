"""Every page of the admin opens; lists make the same few queries for two rows as for twelve."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from microflight.core.action_view import ActionAdmin
from tests.project.admin_rows import ROWS, pages_of
from tests.project.raw_names import raw_names

#: Words with a hyphen that are no names of code.
WORDS = frozenset({
    "back-in-stock", "free-shipping", "non-exclusive", "non-working", "one-time", "password-based",
    "read-only", "sign-up",
})  # fmt: skip


def _opened(client: Client, url: str) -> tuple[Any, list[str]]:
    """Open a page; return the answer and its statements."""
    with CaptureQueriesContext(connection) as run:
        answer = client.get(url)
        if answer.streaming:
            list(answer)
    assert answer.status_code < 500, url
    return answer, [each["sql"] for each in run]


def _statements(client: Client, url: str) -> int:
    """Open a page, on which staff read no names of code; return how many queries it took."""
    answer, statements = _opened(client, url)
    assert answer.status_code in (200, 403), url
    assert raw_names(answer.content.decode(), WORDS) == set(), url
    return len(statements)


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
    assert few <= 12


def writes_of(client: Client, url: str) -> list[str]:
    """Return the statements that write while a page is opened, but not those of the session and
    of the audit log: exports are logged."""
    _answer, statements = _opened(client, url)
    found = [sql for sql in statements if sql.startswith(_WRITES)]
    return [f"{url}: {sql[:120]}" for sql in found if not any(each in sql for each in _LOGS)]


_WRITES = ("INSERT", "UPDATE", "DELETE")
_LOGS = ("django_session", "django_admin_log", "staff_entryorigin")
#: Pages with more than 30 queries; deleting takes one for each table that refers to the record.
MOST_QUERIES = {
    ("catalogue.Product", "delete"): 83,
    ("users.User", "delete"): 101,
    ("promotions.Promotion", "change"): 33,
}


@pytest.mark.parametrize("label", ROWS)
def test_pages_of_a_record_take_few_queries_and_write_nothing(label: str, staff: Client) -> None:
    # Mutation: a list that added missing customers; a preview of a document that issued it
    row, name = ROWS[label](1), label.lower().replace(".", "_")
    assert staff.get(reverse(f"admin:{name}_change", args=[row.pk])).status_code == 200
    prefix = reverse(f"admin:{name}_changelist")
    pages = pages_of(admin.site._registry[type(row)], prefix, row.pk)
    assert [write for url in pages for write in writes_of(staff, url)] == []
    for page in ("change", "history", "delete"):
        url = reverse(f"admin:{name}_{page}", args=[row.pk])
        assert _statements(staff, url) <= MOST_QUERIES.get((label, page), 30), page


def test_pages_without_a_model_do_not_write(staff: Client) -> None:
    pages = [url for url in pages_of(admin.site, "/admin/") if "log" not in url]
    assert len(pages) > 5
    assert [write for url in pages for write in writes_of(staff, url)] == []


def test_each_registered_model_has_a_row() -> None:
    assert {model._meta.label for model in admin.site._registry} == set(ROWS)


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
        "withdrawal.Withdrawal", "deadlines.DelayNotice", "mail.Message", "customers.Customer",
        "admin.LogEntry", "returns.Return", "newsletter.Subscriber", "newsletter.Suppression",
        "newsletter.Delivery", "newsletter.Feedback", "search_index.SearchTerm",
        "address.Country", "policies.Acceptance",
    }  # fmt: skip
    assert staff.get(url).status_code == (403 if written_by_services else 200)
    if not written_by_services:
        assert raw_names(staff.post(url).content.decode(), WORDS) == set()


@pytest.mark.parametrize("label", ROWS)
def test_unknown_row_is_not_found(label: str, staff: Client) -> None:
    for pk in ("999999", "x"):
        url = reverse(f"admin:{label.lower().replace('.', '_')}_change", args=[pk])
        answer = staff.get(url)
        assert answer.status_code in (302, 404)


ACTIONS = [
    (label, name)
    for label in ROWS
    for one in [admin.site._registry.get(apps.get_model(label))]
    if isinstance(one, ActionAdmin)
    for name in one.record_actions
]


@pytest.mark.parametrize(("label", "name"), ACTIONS)
def test_action_page_opens_or_says_why_not(label: str, name: str, staff: Client) -> None:
    row = ROWS[label](1)
    url = reverse(f"admin:{label.lower().replace('.', '_')}_action", args=[row.pk, name])
    answer = staff.get(url, follow=True)
    assert answer.status_code == 200
    reasons = [str(message) for message in answer.context.get("messages", [])]
    assert not answer.redirect_chain or reasons


@pytest.mark.parametrize("label", ROWS)
def test_actions_of_the_list_are_shown_with_a_row(label: str, staff: Client) -> None:
    row = ROWS[label](1)
    url = reverse(f"admin:{label.lower().replace('.', '_')}_changelist")
    listed = admin.site._registry[type(row)]
    for name in listed.get_actions(staff.get(url).wsgi_request):
        data = {"action": name, "index": "0", "_selected_action": [str(row.pk)]}
        assert staff.post(url, data).status_code in (200, 302), name


#: Models whose `str` may be the class name with an ID: no page of the admin names a row of them.
UNNAMED = {
    "analytics.UserRecord", "basket.LineAttribute", "catalogue.ProductCategoryHierarchy",
    "customer.ProductAlert", "offer.RangeProductFileUpload", "order.OrderLineDiscount",
    "order.PaymentEventQuantity", "order.Surcharge",
}  # fmt: skip


def test_rows_have_names() -> None:
    found = {each._meta.label for each in apps.get_models() if each.__str__ is models.Model.__str__}
    assert found == UNNAMED
