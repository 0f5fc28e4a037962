"""Invitations, sessions, second factor, and who may change whom."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.db import DatabaseError, models, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.mail.models import Message
from accounts.staff import access, emails, invitations
from accounts.staff.models import EntryOrigin, StaffSession
from accounts.staff.roles import OWNER
from accounts.users.models import User
from microflight.core.errors import ServiceError
from tests.accounts.login import PASSWORD
from tests.admin_forms import open_form

pytestmark = pytest.mark.django_db
INVITE = "/admin/users/user/invite/"


def url_of(user: User, page: str = "change", *args: Any) -> str:
    return reverse(f"admin:users_user_{page}", args=[user.pk, *args])


def role(name: str) -> Group:
    return Group.objects.get(name=name)


def link_of(user: User, by: User) -> str:
    """Return the path in the invitation's email."""
    message = Message.objects.filter(email_type="staff-invitation").latest("pk")
    assert message.data == {"user": user.pk, "by": by.pk}  # no secret
    return str(emails.invitation(message)["link"]).partition("8000")[2]


@pytest.fixture
def invited(staff: Client) -> User:
    data = {"email": "Dana@Example.com", "roles": [role("Packing").pk, role("Catalogue").pk]}
    assert staff.post(INVITE, data)["Location"] == reverse("admin:users_user_changelist")
    return User.objects.get(email="dana@example.com")


def test_invited_person_chooses_a_password_and_becomes_staff(
    invited: User, charlie: User, client: Client
) -> None:
    assert (invited.is_staff, invited.has_usable_password()) == (False, False)
    browser, link = Client(), link_of(invited, charlie)
    assert browser.get(link).status_code == 200
    answer = browser.post(link, {"password1": PASSWORD, "password2": PASSWORD})
    assert answer["Location"] == "/admin/"
    invited.refresh_from_db()
    assert invited.is_staff
    assert invited.check_password(PASSWORD)
    assert sorted(invited.groups.values_list("name", flat=True)) == ["Catalogue", "Packing"]
    assert list(invited.emailaddress_set.values_list("email", "verified", "primary")) == [
        ("dana@example.com", True, True)
    ]
    assert browser.get("/admin/").status_code == 302  # not logged in by the link


def test_link_works_once(invited: User, charlie: User) -> None:
    link = link_of(invited, charlie)
    Client().post(link, {"password1": PASSWORD, "password2": PASSWORD})
    again = Client().post(link, {"password1": "another-wing-7", "password2": "another-wing-7"})
    assert again.status_code == 404
    invited.refresh_from_db()
    assert invited.check_password(PASSWORD)


def test_link_expires_after_three_days(invited: User, charlie: User) -> None:
    link = link_of(invited, charlie)
    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1)):
        assert Client().get(link).status_code == 404


def test_link_ends_when_the_roles_change(invited: User, charlie: User) -> None:
    link = link_of(invited, charlie)
    invited.groups.remove(role("Packing"))
    assert Client().get(link).status_code == 404


def test_wrong_links_look_the_same_with_and_without_an_account(invited: User, alice: User) -> None:
    pages = {
        Client().get(reverse("staff-invitation", args=[pk, "x-y"])).content.decode()
        for pk in (invited.pk, alice.pk, 999_999)
    }
    assert len({page.partition("<main")[2].partition("</main")[0] for page in pages}) == 1


def test_invitation_of_a_customer_removes_addresses_that_others_may_own(
    staff: Client, charlie: User, alice: User
) -> None:
    alice.emailaddress_set.create(email="mallory@example.com", verified=True)
    staff.post(INVITE, {"email": alice.email, "roles": [role("Packing").pk]})
    Client().post(link_of(alice, charlie), {"password1": PASSWORD, "password2": PASSWORD})
    assert list(alice.emailaddress_set.values_list("email", flat=True)) == [alice.email]


def test_staff_are_not_invited_again(
    staff: Client, charlie: User, with_role: Callable[..., User]
) -> None:
    with_role("Packing")
    answer = staff.post(INVITE, {"email": "robin@example.com", "roles": [role(OWNER).pk]})
    assert "This person is staff already" in answer.content.decode()
    assert not Message.objects.exists()


@pytest.mark.parametrize("name", ["Orders", "Packing", "Catalogue", "Content", "Support"])
def test_only_who_manages_staff_invites(name: str, with_role: Callable[..., User]) -> None:
    client = Client()
    client.force_login(with_role(name))
    data = {"email": "dana@example.com", "roles": [role(OWNER).pk]}
    assert client.get(INVITE).status_code == 403
    assert client.post(INVITE, data).status_code == 403
    assert not User.objects.filter(email="dana@example.com").exists()


@pytest.fixture
def manager(with_role: Callable[..., User]) -> User:
    """Packing, and manages staff: less than an owner."""
    user = with_role("Packing", email="mara@example.com")
    names = ["manage_staff", "view_user", "change_user", "delete_user", "change_group"]
    names += ["add_group", "view_group", "view_emailaddress", "change_emailaddress"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    return User.objects.get(pk=user.pk)


def test_role_with_more_permissions_is_not_given(manager: User) -> None:
    with pytest.raises(ServiceError, match="more permissions than you have"):
        invitations.invite(email="dana@example.com", roles=[role("Orders")], by=manager)
    assert not User.objects.filter(email="dana@example.com").exists()
    assert [each.name for each in access.assignable_roles(manager)] == ["Packing"]
    client = Client()
    client.force_login(manager)
    data = {"name": "Crew", "permissions": ["orders:view", "payments:edit"]}
    page = client.post(reverse("admin:auth_group_add"), data).content.decode()
    assert "can’t have more permissions than you have" in page
    assert not Group.objects.filter(name="Crew").exists()


def test_staff_with_more_permissions_are_not_edited(
    manager: User, with_role: Callable[..., User], charlie: User
) -> None:
    client = Client()
    client.force_login(manager)
    orders, packer = with_role("Orders", email="o@example.com"), with_role("Packing")
    for user in (orders, charlie):
        assert client.post(url_of(user), {"email": "x@example.com"}).status_code == 403
        path = reverse("admin:auth_user_password_change", args=[user.pk])
        assert client.post(path, {"password1": PASSWORD, "password2": PASSWORD}).status_code == 403
        assert client.post(url_of(user, "delete"), {"post": "yes"}).status_code == 403
    orders.is_active = False  # closed: it could be opened again
    orders.save()
    assert client.post(url_of(orders), {"email": "x@example.com"}).status_code == 403
    assert client.get(url_of(packer)).status_code == 200


def test_owner_edits_a_superuser_but_makes_none(
    with_role: Callable[..., User], charlie: User
) -> None:
    client = Client()
    owner = with_role(OWNER)
    client.force_login(owner)
    data = open_form(client, url_of(charlie))
    assert client.post(url_of(charlie), {**data, "first_name": "Charles"}).status_code == 302
    data = open_form(client, url_of(owner))
    client.post(url_of(owner), {**data, "is_superuser": "on"})
    charlie.refresh_from_db()
    owner.refresh_from_db()
    assert (charlie.first_name, charlie.is_superuser, owner.is_superuser) == (
        "Charles",
        True,
        False,
    )


@pytest.mark.parametrize("field", ["is_active", "is_staff", "groups"])
def test_last_owner_stays(field: str, with_role: Callable[..., User]) -> None:
    owner = with_role(OWNER)
    client = Client()
    client.force_login(owner)
    data = open_form(client, url_of(owner))
    del data[field]
    answer = client.post(url_of(owner), data)
    assert "The shop needs an owner" in answer.content.decode()
    owner.refresh_from_db()
    assert (owner.is_active, owner.is_staff, owner.groups.count()) == (True, True, 1)
    assert "The shop needs an owner" in client.get(url_of(owner, "delete")).content.decode()


def test_role_change_is_logged_with_both_values(
    staff: Client, with_role: Callable[..., User]
) -> None:
    robin = with_role("Packing")
    data = open_form(staff, url_of(robin))
    staff.post(url_of(robin), {**data, "groups": [role("Catalogue").pk]})
    messages = LogEntry.objects.values_list("change_message", flat=True)
    assert "Roles: Catalogue (before: Packing)." in messages


def _log_in(user: User) -> Client:
    if not user.check_password(PASSWORD):  # a new hash would end the other sessions
        user.set_password(PASSWORD)
        user.save()
    browser = Client(headers={"user-agent": "Firefox\x00 130"}, REMOTE_ADDR="203.0.113.77")
    browser.post("/account/login/", {"login": user.email, "password": PASSWORD})
    return browser


def test_sessions_of_staff_are_listed_and_ended(
    staff: Client, with_role: Callable[..., User], alice: User
) -> None:
    robin = with_role("Packing")
    browser, other = _log_in(robin), _log_in(robin)
    _log_in(alice)
    first, second = StaffSession.objects.order_by("pk")
    assert (first.user, first.network, first.browser) == (robin, "203.0.113.0/24", "Firefox 130")
    assert "Firefox 130" in staff.get(url_of(robin)).content.decode()
    path = url_of(robin, "action", "end-sessions")
    staff.post(path, {"sessions": [first.pk], "reason": "Lost phone"})
    assert browser.get("/admin/").status_code == 302
    assert other.get("/admin/").status_code == 200
    assert list(StaffSession.objects.all()) == [second]


def test_login_and_network_are_in_the_audit_log(with_role: Callable[..., User]) -> None:
    robin = with_role(OWNER)
    browser = _log_in(robin)
    page = browser.get("/admin/admin/logentry/").content.decode()
    assert "Logged in." in page
    data = open_form(browser, url_of(robin))
    browser.post(url_of(robin), {**data, "first_name": "Robin"})
    entry = LogEntry.objects.latest("pk")
    assert (entry.user, entry.origin.network) == (robin, "203.0.113.0/24")
    for query in ("what=login", "what=roles", "who=1", "who=9" + "9" * 30, "what=%00", "q=robin"):
        assert browser.get(f"/admin/admin/logentry/?{query}").status_code == 200


def test_audit_log_cannot_be_changed(staff: Client, charlie: User) -> None:
    # Mutation: without the trigger, the update changed the entry.
    entry = LogEntry.objects.create(user=charlie, action_flag=2, change_message="x")
    EntryOrigin.objects.create(entry=entry, network="203.0.113.0/24")
    for rows, values in (
        (LogEntry.objects.all(), {"change_message": "y"}),
        (EntryOrigin.objects.all(), {"network": ""}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**values)
    with pytest.raises(models.RestrictedError), transaction.atomic():
        entry.delete()
    for path in ("", f"{entry.pk}/change/", f"{entry.pk}/delete/", "add/"):
        data = {"action": "delete_selected", "_selected_action": entry.pk, "post": "yes"}
        staff.post(f"/admin/admin/logentry/{path}", data)
    assert list(LogEntry.objects.values_list("change_message", flat=True)) == ["x"]


def test_second_factor_is_reset_by_who_manages_staff(
    staff: Client, with_role: Callable[..., User]
) -> None:
    robin = with_role("Packing")
    browser = _log_in(robin)
    TOTP.activate(robin, generate_totp_secret())
    path = url_of(robin, "action", "reset-2fa")
    assert staff.post(path, {"reason": ""}).status_code == 200  # a reason is required
    assert Authenticator.objects.exists()
    staff.post(path, {"reason": "New phone, asked in person"})
    assert not Authenticator.objects.exists()
    assert browser.get("/admin/").status_code == 302
    assert "New phone" in LogEntry.objects.latest("pk").change_message
    assert Message.objects.filter(email_type="2fa-disabled", recipient=robin.email).exists()


def test_list_of_sessions_follows_logout_and_a_new_password(
    staff: Client, with_role: Callable[..., User]
) -> None:
    robin = with_role("Packing")
    browser, other = _log_in(robin), _log_in(robin)
    browser.post("/account/logout/")
    assert StaffSession.objects.get().session_key == other.session.session_key
    new = "another-wing-7"
    data = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    other.post(reverse("account_change_password"), data)
    robin.refresh_from_db()
    assert robin.check_password(new)
    assert StaffSession.objects.get().session_key == other.session.session_key
    path = reverse("admin:auth_user_password_change", args=[robin.pk])
    staff.post(path, {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"})
    assert other.get("/admin/").status_code == 302
    assert not StaffSession.objects.exists()


def test_only_who_manages_staff_sets_a_customers_password(
    with_role: Callable[..., User], alice: User
) -> None:
    client = Client()
    client.force_login(with_role("Support"))
    path = reverse("admin:auth_user_password_change", args=[alice.pk])
    data = {"password1": "another-wing-7", "password2": "another-wing-7", "usable_password": "true"}
    assert client.post(path, data).status_code == 403
    assert "password/" not in client.get(url_of(alice)).content.decode().partition("<main")[2]
    alice.refresh_from_db()
    assert not alice.check_password("another-wing-7")


def test_only_who_manages_staff_edits_a_customers_email_addresses(
    with_role: Callable[..., User], alice: User
) -> None:
    before = list(alice.emailaddress_set.values_list("email", "verified"))
    client = Client()
    client.force_login(with_role("Support"))
    data = open_form(client, url_of(alice)) | {
        "email": "mallory@example.com", "first_name": "Alicia",
        "emailaddress_set-TOTAL_FORMS": "1", "emailaddress_set-INITIAL_FORMS": "0",
        "emailaddress_set-0-email": "mallory@example.com", "emailaddress_set-0-verified": "on",
    }  # fmt: skip
    assert client.post(url_of(alice), data).status_code == 302
    alice.refresh_from_db()
    assert (alice.email, alice.first_name) == ("alice@example.com", "Alicia")
    assert list(alice.emailaddress_set.values_list("email", "verified")) == before
