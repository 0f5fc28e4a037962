"""The order list and the order page in the admin."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.mail import outbox
from checkout.order.models import Order
from tests.checkout.fulfilment.helpers import order_url


# Mutation: with another subject in the link, the acceptance record was not found.
def test_order_page_shows_lines_tax_address_and_acceptances(staff: Client, order: Any) -> None:
    one = order()
    page = staff.get(order_url(one)).content.decode()
    assert f"Order {one.number}" in page
    assert "Payment pending" in page
    assert "Butterfly" in page
    assert "12 Elm Street" in page
    assert "GST 5% SK" in page
    assert "PST 6% SK" in page
    assert "I accept how payment works." in page
    assert f"${one.total_incl_tax}" in page
    evidence = reverse("admin:policies_acceptance_evidence", args=[f"order:{one.number}"])
    assert f'<a href="{evidence}">Print acceptance record</a>' in page
    assert staff.get(evidence).status_code == 200


def test_order_page_lists_its_emails(staff: Client, order: Any) -> None:
    one = order()
    email = outbox.add("order-confirmed", subject_id=f"order:{one.number}", to="dana@example.com")
    page = staff.get(order_url(one)).content.decode()
    assert reverse("admin:mail_message_change", args=[email.pk]) in page
    assert reverse("admin:mail_message_resend", args=[email.pk]) in page


def test_order_page_query_count_is_constant(staff: Client, order: Any, product: Any) -> None:
    small = order(product("One"))
    large = order(*[product(f"Part {n}") for n in range(8)])
    staff.get(order_url(small))
    staff.get(order_url(large))
    with CaptureQueriesContext(connection) as few:
        staff.get(order_url(small))
    with CaptureQueriesContext(connection) as many:
        staff.get(order_url(large))
    assert len(many) == len(few)
    assert len(few) <= 31  # 3 of them store the recent items


@pytest.mark.parametrize("word", ["number", "guest_email", "sku", "name"])
def test_order_is_found_by(word: str, staff: Client, order: Any) -> None:
    one = order()
    words = {
        "number": one.number,
        "guest_email": "dana@example",
        "sku": one.lines.get().partner_sku,
        "name": "Reyes",
    }
    found = staff.get(reverse("admin:order_order_changelist"), {"q": words[word]})
    if word == "number":  # it opens
        assert found.url == order_url(one)
    else:
        assert order_url(one) in found.content.decode()


def misheard(staff: Client, words: str) -> bool:
    page = staff.get(reverse("admin:order_order_changelist"), {"q": words}).content.decode()
    return "is not a valid order number: its check digit is wrong." in page


def test_invalid_order_number_shows_warning(staff: Client, order: Any) -> None:
    right = order().number
    wrong = right[:2] + str((int(right[2]) + 1) % 10) + right[3:]
    swapped = right[1] + right[0] + right[2:]
    assert [misheard(staff, words) for words in (wrong, swapped, "٠١٢٣٤٥")] == [True, True, True]
    assert [misheard(staff, words) for words in (right, "Mo-123456", "10")] == [False] * 3


def test_order_with_two_lines_is_found_once(staff: Client, order: Any, product: Any) -> None:
    one = order(product("A"), product("B"))
    found = staff.get(reverse("admin:order_order_changelist"), {"q": "MF-"})
    assert found.content.decode().count(f'href="{order_url(one)}') == 1


def test_orders_cannot_be_edited_or_deleted(staff: Client, order: Callable[..., Order]) -> None:
    one = order()
    staff.post(order_url(one), {"status": "shipped", "total_incl_tax": "0.01"})
    one.refresh_from_db()
    assert one.status == "pending"
    gone = reverse("admin:order_order_delete", args=[one.pk])
    assert staff.post(gone, {"post": "yes"}).status_code == 403
    assert Order.objects.count() == 1


def test_clerk_without_permissions_sees_no_actions(clerk: Client, order: Any) -> None:
    one = order()
    page = clerk.get(order_url(one)).content.decode()
    assert "Cancel order" not in page
    for name in ("ship", "cancel", "refund", "note"):
        url = reverse("admin:order_order_action", args=[one.pk, name])
        assert clerk.get(url).status_code == 403
        assert clerk.post(url, {"reason": "x"}).status_code == 403
    one.refresh_from_db()
    assert one.status == "pending"


def test_unknown_action_is_not_found(staff: Client, order: Any) -> None:
    assert (
        staff.post(reverse("admin:order_order_action", args=[order().pk, "win"])).status_code == 404
    )


def test_list_is_filtered_by_task_state_and_date(staff: Client, paid: Order, order: Any) -> None:
    waiting = order()
    Order.objects.filter(pk=paid.pk).update(on_hold=True)
    paid.lines.update(held=True)
    address = reverse("admin:order_order_changelist")
    for query, found in (
        ("?state=placed", {paid.number}),
        ("?state=pending", {waiting.number}),
        ("?task=on-hold", {paid.number}),
        ("?task=to-ship", set()),
        ("?task=unpaid", {waiting.number}),
        ("?on_hold__exact=1", {paid.number}),
        (f"?placed_at__year={timezone.localdate().year}", {paid.number}),
        ("?placed_at__year=2001", set()),
        ("?state=nonsense", {paid.number, waiting.number}),
    ):
        shown = staff.get(address + query).context["cl"].result_list
        assert {one.number for one in shown} == found, query
