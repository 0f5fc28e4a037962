"""Tags of orders: normalized, bounded, filtered by, and changed by bulk actions."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.test import Client

from checkout.order.models import Order
from microflight.core import tags

LIST = "/admin/order/order/"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("VIP, fragile,,vip ", ["fragile", "vip"]),
        ("ｖｉｐ", ["vip"]),
        ("gift  wrap", ["gift wrap"]),
        ("هدية، vip", ["vip", "هدية"]),
        (" , ", []),
        ("x" * 40, ["x" * 40]),
    ],
)
def test_tags_are_normalized(typed: str, stored: list[str]) -> None:
    assert tags.normalized_tags(typed) == stored
    assert tags.tag_list(tags.joined(stored)) == stored


@pytest.mark.parametrize("typed", ["x" * 41, "a\x00b", "x" * 10_000])
def test_invalid_tag_is_rejected(typed: str) -> None:
    with pytest.raises(ValidationError, match="is not a tag: use at most 40 letters"):
        tags.normalized_tags(typed)


def test_form_field_shows_stored_tags_and_returns_them() -> None:
    field: Any = tags.TagsField().formfield()
    assert field.prepare_value(",a,b,") == "a, b"
    assert field.clean("B, a") == ",a,b,"
    assert not field.has_changed(",a,b,", "b, A")
    with pytest.raises(ValidationError, match="at most 20 tags, not 21"):
        field.clean(",".join(map(str, range(21))))


def act(staff: Client, action: str, typed: str, *orders: Order) -> str:
    data = {"action": action, "tags": typed, "_selected_action": [each.pk for each in orders]}
    return staff.post(LIST, data, follow=True).content.decode()


def stored(*orders: Order) -> list[str]:
    return [Order.objects.get(pk=each.pk).tags for each in orders]


def test_actions_add_and_remove_tags(staff: Client, order: Any) -> None:
    one, two, other = order(), order(), order()
    assert "2 records were tagged." in act(staff, "add_tags", "Gift, vip", one, two)
    assert stored(one, two, other) == [",gift,vip,", ",gift,vip,", ""]
    assert LogEntry.objects.filter(change_message="Tags: gift, vip").count() == 2
    assert "1 record was tagged." in act(staff, "remove_tags", "VIP", one)
    assert stored(one, two) == [",gift,", ",gift,vip,"]
    page = staff.get(LIST, {"tag": "vip"})
    assert list(page.context["cl"].result_list) == [two]
    assert '<span class="state">vip</span>' in page.content.decode()
    assert not staff.get(LIST, {"tag": "vi"}).context["cl"].result_list


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "Type the tags next to the action first."),
        ("x" * 41, "use at most 40 letters and digits"),
        (",".join(map(str, range(21))), "at most 20 tags, not 21"),
    ],
)
def test_rejected_tags_change_nothing(staff: Client, order: Any, typed: str, problem: str) -> None:
    one = order()
    assert problem in act(staff, "add_tags", typed, one)
    assert stored(one) == [""]
    assert not LogEntry.objects.exists()


def test_viewer_cannot_tag(client: Client, alice: Any, order: Any) -> None:
    one = order()
    alice.is_staff = True
    alice.save()
    alice.user_permissions.add(Permission.objects.get(codename="view_order"))
    client.force_login(alice)
    act(client, "add_tags", "vip", one)
    assert stored(one) == [""]
