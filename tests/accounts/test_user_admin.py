"""Accounts and rights: who may change whom."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from tests.admin_forms import submit


@pytest.fixture
def registrar(client: Client, alice: User) -> Client:
    """A member of staff who keeps customers' accounts and is no superuser."""
    alice.is_staff = True
    alice.save()
    rights = ["view_user", "change_user", "delete_user", "view_emailaddress"]
    rights += ["change_emailaddress", "change_group", "view_group", "add_group"]
    alice.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(alice)
    return client


def url_of(user: User) -> str:
    return reverse("admin:users_user_change", args=[user.pk])


def account(user: User, **changes: Any) -> dict[str, Any]:
    """What the browser sends for an account."""
    address = user.emailaddress_set.get()
    return {
        "email": user.email, "first_name": "Bob", "last_name": "Stone", "is_active": "on",
        "emailaddress_set-TOTAL_FORMS": 1, "emailaddress_set-INITIAL_FORMS": 1,
        "emailaddress_set-0-id": address.pk, "emailaddress_set-0-user": user.pk,
        "emailaddress_set-0-email": address.email, "emailaddress_set-0-primary": "on",
        **changes,
    }  # fmt: skip


def test_account_and_email_are_in_one_form(registrar: Client, alice: User, bob: User) -> None:
    alice.user_permissions.add(Permission.objects.get(codename="manage_staff"))
    assert "emailaddress_set-0-email" in registrar.get(url_of(bob)).content.decode()
    assert submit(registrar, url_of(bob), account(bob)).status_code == 302
    bob.refresh_from_db()
    assert (bob.last_name, bob.emailaddress_set.get().verified) == ("Stone", False)


def test_staff_cannot_become_superuser(registrar: Client, alice: User, bob: User) -> None:
    for user in (alice, bob):
        data = account(user, is_superuser="on", is_staff="on", groups=[])
        submit(registrar, url_of(user), data)
        user.refresh_from_db()
        assert not user.is_superuser
    assert not bob.is_staff


def test_superuser_account_is_protected(registrar: Client, charlie: User) -> None:
    before = charlie.password
    assert registrar.post(url_of(charlie), account(charlie)).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[charlie.pk])
    new = {"password1": "a-long-new-one-7", "password2": "a-long-new-one-7"}
    assert registrar.post(password, new).status_code == 403
    delete = reverse("admin:users_user_delete", args=[charlie.pk])
    assert registrar.post(delete, {"post": "yes"}).status_code == 403
    charlie.refresh_from_db()
    assert charlie.password == before


def test_role_is_created_by_who_manages_staff(registrar: Client, staff: Client) -> None:
    add = reverse("admin:auth_group_add")
    ship = Permission.objects.get(codename="ship_order")
    assert (
        staff.post(add, {"name": "Packers", "permissions": ["order.ship_order"]}).status_code == 302
    )
    assert list(Group.objects.get(name="Packers").permissions.all()) == [ship]


def test_staff_cannot_edit_groups(registrar: Client) -> None:
    add = reverse("admin:auth_group_add")
    assert registrar.post(add, {"name": "Packers", "permissions": []}).status_code == 403
    assert not Group.objects.filter(name="Packers").exists()


def test_permissions_cover_admin_models(staff: Client) -> None:
    page = staff.get(reverse("admin:auth_group_add")).content.decode()
    assert "Refund an order and capture its payment early" in page
    assert "wish list" not in page.lower()


def test_account_is_created_in_two_steps(staff: Client) -> None:
    add = reverse("admin:users_user_add")
    data = {"email": "erin@example.com", "password1": "wing-36-gram", "password2": "wing-36-gram"}
    answer = staff.post(add, data)
    made = User.objects.get(email="erin@example.com")
    assert answer["Location"] == url_of(made)
    assert made.check_password("wing-36-gram")
