"""Staff need a second factor before any admin page; account pages are never cached."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings as shop_settings
from django.contrib import admin
from django.test import Client
from django.urls import get_resolver, reverse

from accounts.users.models import User
from tests.accounts.login import PASSWORD, code_of

pytestmark = pytest.mark.django_db
SET_UP = "/account/2fa/totp/activate/"


@pytest.fixture(autouse=True)
def _production(settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True


def _admin_pages() -> list[str]:
    lists = [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in admin.site._registry
    ]
    return ["/admin/", "/admin/no-such-page/", "/admin/jsi18n/", *lists]


def test_no_admin_page_opens_without_a_second_factor(staff: Client, charlie: User):
    # Mutation: without the middleware, /admin/ answered 200
    for path in _admin_pages():
        for answer in (staff.get(path), staff.post(path, {"action": "x"})):
            assert (answer.status_code, answer["Location"]) == (
                302,
                reverse("mfa_activate_totp"),
            ), path
    assert len(_admin_pages()) > 20
    page = staff.get(reverse("customer:summary")).content.decode()
    assert "Turn on two-factor authentication. Then you can open the admin." in page


def test_staff_with_a_second_factor_enter_a_code_at_login(charlie: User):
    charlie.set_password(PASSWORD)
    charlie.save()
    secret = generate_totp_secret()
    TOTP.activate(charlie, secret)
    browser = Client()
    browser.post("/account/login/", {"login": charlie.email, "password": PASSWORD})
    assert browser.get("/admin/")["Location"] == "/admin/login/?next=/admin/"  # no code yet
    browser.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert browser.get("/admin/").status_code == 200
    Authenticator.objects.all().delete()
    assert browser.get("/admin/")["Location"] == reverse("mfa_activate_totp")


def test_recovery_codes_alone_are_no_second_factor(staff: Client, charlie: User):
    # Mutation: `is_mfa_enabled` counted recovery codes, for which the login does not ask
    RecoveryCodes.activate(charlie)
    assert staff.get("/admin/")["Location"] == reverse("mfa_activate_totp")


def test_strangers_and_customers_get_the_same_answers_as_before(client: Client, alice: User):
    assert client.get("/admin/")["Location"] == "/admin/login/?next=/admin/"
    client.force_login(alice)
    assert client.get("/admin/")["Location"] == "/admin/login/?next=/admin/"


def test_demo_staff_are_exempt(staff: Client, settings: Any):
    assert shop_settings.DEMO is True
    settings.STAFF_SECOND_FACTOR = not settings.DEMO
    assert staff.get("/admin/").status_code == 200


def _account_pages() -> list[str]:
    from allauth.account import urls as account  # needs the apps
    from allauth.mfa.totp import urls as totp  # likewise

    names = [each.name for each in (*account.urlpatterns, *totp.urlpatterns)]
    known = {key for key in get_resolver().reverse_dict if isinstance(key, str)}
    plain = [
        name for name in names if name in known and not get_resolver().reverse_dict[name][0][0][1]
    ]
    return [reverse(name) for name in plain]


def test_account_pages_are_not_stored(staff: Client):
    # Mutation: without the middleware, /account/login/ had "no-cache" only, or nothing
    paths = _account_pages()
    assert len(paths) > 8
    for path in (*paths, "/account/", "/account/2fa/", "/account/no-such-page/"):
        for browser in (Client(), staff):
            assert "no-store" in browser.get(path).headers["Cache-Control"], path
