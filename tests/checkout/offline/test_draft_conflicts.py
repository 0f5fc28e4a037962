"""Two staff members change one draft: nothing of either is lost silently."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from checkout.order.models import Order
from tests.admin_forms import fields_of, open_form
from tests.checkout.offline.actions import CUSTOMER, act
from tests.checkout.shopper import text
from tests.stripe_double.control import Double

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]


@pytest.fixture
def draft(staff: Client, product: Any) -> Order:
    """A draft with two products, one unit of each."""
    staff.post("/admin/order/order/add/", CUSTOMER)
    order = Order.objects.get()
    skus = [product(name).stockrecords.get().partner_sku for name in ("Butterfly", "Beetle")]
    act(staff, order, "items", sku_0=skus[0], sku_1=skus[1])
    act(staff, order, "shipping", shipping_method="ca-parcel")
    return order


def url(order: Order, action: str) -> str:
    return f"/admin/order/order/{order.pk}/{action}/do/"


def quantities(order: Order) -> list[int]:
    return list(order.lines.order_by("pk").values_list("quantity", flat=True))


def test_changes_of_different_lines_are_both_kept(draft: Order, staff: Client) -> None:
    first, second = draft.basket.lines.order_by("pk")
    page = open_form(staff, url(draft, "items"))
    act(staff, draft, "items", **{f"line_{first.pk}": "3", f"line_{second.pk}": "1"})
    staff.post(url(draft, "items"), {**page, f"line_{second.pk}": "4"})
    assert quantities(draft) == [3, 4]


def test_line_that_both_changed_is_rejected_with_both_values(draft: Order, staff: Client) -> None:
    first, second = draft.basket.lines.order_by("pk")
    page = open_form(staff, url(draft, "items"))
    act(staff, draft, "items", **{f"line_{first.pk}": "3", f"line_{second.pk}": "1"})
    answer = staff.post(url(draft, "items"), {**page, f"line_{first.pk}": "5"})
    assert "Someone else changed this to “3” after you opened the page." in text(answer)
    assert "replace it with “5”" in text(answer)
    assert quantities(draft) == [3, 1]
    again = open_form_from(answer)
    staff.post(url(draft, "items"), again)
    assert quantities(draft) == [5, 1]


def open_form_from(answer: Any) -> dict[str, Any]:
    """Return what the browser would send from the page with errors."""
    return fields_of(text(answer))


def test_change_of_a_line_that_was_removed_is_rejected(draft: Order, staff: Client) -> None:
    first, second = draft.basket.lines.order_by("pk")
    page = open_form(staff, url(draft, "items"))
    act(staff, draft, "items", **{f"line_{first.pk}": "0", f"line_{second.pk}": "1"})
    answer = staff.post(url(draft, "items"), {**page, f"line_{first.pk}": "5"})
    assert "Someone else removed an item after you opened the page" in text(answer)
    assert quantities(draft) == [1]
    page = {name: value for name, value in page.items() if name != f"line_{first.pk}"}
    staff.post(url(draft, "items"), {**page, f"line_{second.pk}": "2", "once": "second"})
    assert quantities(draft) == [2]


def test_discount_and_method_of_two_people_are_both_kept(draft: Order, staff: Client) -> None:
    page = open_form(staff, url(draft, "shipping"))
    act(staff, draft, "shipping", shipping_method="ca-parcel", discount="5", discount_reason="Dent")
    staff.post(url(draft, "shipping"), {**page, "shipping_method": "ca-express"})
    draft.refresh_from_db()
    assert (draft.shipping_code, draft.manual_discount) == ("ca-express", Decimal("5.00"))


def test_customer_that_both_changed_is_rejected(draft: Order, staff: Client) -> None:
    page = open_form(staff, url(draft, "customer"))
    act(staff, draft, "customer", **{**CUSTOMER, "line1": "9 Oak Avenue"})
    answer = staff.post(url(draft, "customer"), {**page, "line1": "7 Ash Lane"})
    assert "Someone else changed this to “9 Oak Avenue”" in text(answer)
    draft.refresh_from_db()
    assert draft.shipping_address.line1 == "9 Oak Avenue"
    staff.post(url(draft, "customer"), {**page, "city": "Regina", "once": "second"})
    draft.refresh_from_db()
    assert (draft.shipping_address.line1, draft.shipping_address.line4) == (
        "9 Oak Avenue", "Regina",
    )  # fmt: skip


def test_page_that_does_not_say_what_it_showed_is_rejected_once(
    draft: Order, staff: Client
) -> None:
    first, second = draft.basket.lines.order_by("pk")
    data = {f"line_{first.pk}": "2", f"line_{second.pk}": "1", "once": "first"}
    answer = staff.post(url(draft, "items"), data)
    assert "Someone else changed this to “1”" in text(answer)
    assert quantities(draft) == [1, 1]
    staff.post(url(draft, "items"), open_form_from(answer))
    assert quantities(draft) == [2, 1]


def test_quote_of_a_draft_that_was_changed_meanwhile_is_not_sent(
    draft: Order, staff: Client, stripe_double: Double
) -> None:
    first, second = draft.basket.lines.order_by("pk")
    page = {**open_form(staff, url(draft, "quote")), "reason": "Waits for cheque"}
    act(staff, draft, "items", **{f"line_{first.pk}": "3", f"line_{second.pk}": "1"})
    answer = staff.post(url(draft, "quote"), page)
    assert "Someone else changed this draft. Check it before you send it." in text(answer)
    draft.refresh_from_db()
    assert (draft.status, draft.attempts.count()) == ("draft", 0)
