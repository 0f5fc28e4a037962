"""Registration, login and their limits, with the emails."""

import re
from pathlib import Path
from typing import Any

import allauth
import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import call_command
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.mail.models import Message
from accounts.mail.tasks import deliver
from accounts.users.models import User
from tests.accounts.conftest import Postbox
from tests.accounts.login import NEW, PASSWORD, code_of

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"

pytestmark = pytest.mark.django_db


def _last_email(postbox: Postbox, email_type: str) -> str:
    """Deliver the newest row of an email type and return the text that arrives."""
    deliver(Message.objects.filter(email_type=email_type).latest("pk").pk)
    part = postbox.emails[-1].get_body(("plain",))
    assert part is not None
    return " ".join(str(part.get_content()).split())


def _link(text: str) -> str:
    """The path of the email's first link into the account pages."""
    found = re.search(r"http://127\.0\.0\.1:8000(/account/\S+)", text)
    assert found is not None
    return found[1]


def _is_in(client: Client) -> bool:
    return client.get(reverse("customer:summary")).status_code == 200


@pytest.mark.promise("service-mail")
def test_sign_up_verification_and_login(client: Client, postbox: Postbox) -> None:
    answer = client.post(reverse("account_signup"), NEW)
    assert answer.url == reverse("account_email_verification_sent")
    user = User.objects.get(email="dora@example.com")
    assert (user.first_name, user.last_name) == ("Dora", "Kite")
    assert not _is_in(client)
    link = _link(_last_email(postbox, "verify-email"))
    client.get(link)  # a mail scanner's look changes nothing
    assert not EmailAddress.objects.get(user=user).verified
    client.post(link)
    assert EmailAddress.objects.get(user=user).verified
    fresh = Client()
    fresh.post(reverse("account_login"), {"login": "dora@example.com", "password": PASSWORD})
    assert _is_in(fresh)
    assert "Hi Dora," in _last_email(postbox, "welcome")


def test_unverified_account_cannot_log_in(client: Client) -> None:
    client.post(reverse("account_signup"), NEW)
    fresh = Client()
    fresh.post(reverse("account_login"), {"login": "dora@example.com", "password": PASSWORD})
    assert not _is_in(fresh)


def test_known_address_is_notified_by_email_only(
    client: Client, alice: User, postbox: Postbox
) -> None:
    answer = client.post(reverse("account_signup"), {**NEW, "email": alice.email})
    assert answer.url == reverse("account_email_verification_sent")
    assert User.objects.count() == 1
    assert "it already has one" in _last_email(postbox, "account-exists")


def test_password_is_reset_by_email(client: Client, alice: User, postbox: Postbox) -> None:
    client.post(reverse("account_reset_password"), {"email": alice.email})
    page = client.get(_link(_last_email(postbox, "password-reset")), follow=True)
    form_address = page.request["PATH_INFO"]
    client.post(form_address, {"password1": PASSWORD, "password2": PASSWORD})
    client.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD})
    assert _is_in(client)
    assert "password of your account was changed" in _last_email(postbox, "password-changed")


def test_reset_of_unknown_address_answers_by_email_only(client: Client, postbox: Postbox) -> None:
    answer = client.post(reverse("account_reset_password"), {"email": "nobody@example.com"})
    assert answer.url == reverse("account_reset_password_done")
    assert "it has no account" in _last_email(postbox, "unknown-account")


@pytest.mark.promise("no-secret-links")
@pytest.mark.parametrize("email_type", ["verify-email", "password-reset"])
def test_outbox_stores_no_secret_links(
    client: Client, alice: User, postbox: Postbox, email_type: str
) -> None:
    client.post(reverse("account_signup"), NEW)
    client.post(reverse("account_reset_password"), {"email": alice.email})
    secret = _link(_last_email(postbox, email_type))
    row = Message.objects.get(email_type=email_type)
    assert row.state == "sent"
    assert (row.subject, row.body_text, row.body_html) == ("", "", "")
    assert secret.rsplit("/", 2)[1] not in str(row.data)


@pytest.mark.promise("correction")
def test_new_email_counts_once_verified(client: Client, alice: User, postbox: Postbox) -> None:
    client.force_login(alice)
    change = {"email": "moth@example.com", "action_add": ""}
    asked = client.post(reverse("account_email"), change)
    assert asked.url.startswith(reverse("account_reauthenticate"))
    client.post(asked.url, {"password": "pass-alice-3.6"})  # goes on with what was asked
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"
    client.post(_link(_last_email(postbox, "verify-email")))
    alice.refresh_from_db()
    assert alice.email == "moth@example.com"
    text = _last_email(postbox, "email-changed")
    assert "from alice@example.com to moth@example.com" in text
    assert postbox.emails[-1]["To"] == "alice@example.com"


def test_every_email_goes_through_the_outbox(
    client: Client, alice: User, mailoutbox: list[Any]
) -> None:
    client.post(reverse("account_signup"), NEW)
    client.post(reverse("account_reset_password"), {"email": alice.email})
    client.post(reverse("account_reset_password"), {"email": "nobody@example.com"})
    assert mailoutbox == []
    assert set(Message.objects.values_list("email_type", flat=True)) == {
        "verify-email",
        "password-reset",
        "unknown-account",
    }


def test_logout_requires_post(client: Client, alice: User) -> None:
    client.force_login(alice)
    client.get(reverse("account_logout"))
    assert _is_in(client)
    client.post(reverse("account_logout"))
    assert not _is_in(client)


def test_password_guessing_is_limited(client: Client, alice: User) -> None:
    wrong = {"login": alice.email, "password": "wrong"}
    for _ in range(5):
        client.post(reverse("account_login"), wrong)
    right = {"login": alice.email, "password": "pass-alice-3.6"}
    page = client.post(reverse("account_login"), right)
    assert "Too many attempts. Please wait a few minutes." in page.content.decode()
    assert not _is_in(client)


def _app(user: User) -> str:
    """Give an account an authenticator app; return the secret in it."""
    secret = "JBSWY3DPEHPK3PXP"
    TOTP.activate(user, secret)
    return secret


def test_two_factor_login_asks_for_code(client: Client, alice: User) -> None:
    secret = _app(alice)
    right = {"login": alice.email, "password": "pass-alice-3.6"}
    answer = client.post(reverse("account_login"), right)
    assert answer.url == reverse("mfa_authenticate")
    assert not _is_in(client)
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert not _is_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert _is_in(client)


def test_passkeys_are_disabled() -> None:
    with pytest.raises(NoReverseMatch):
        reverse("mfa_list_webauthn")


def test_admin_uses_the_customer_login(client: Client) -> None:
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("account_login") + "?next=")


def test_customer_cannot_open_admin(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get("/admin/login/").status_code == 403


def test_superuser_can_log_in_at_once(client: Client, monkeypatch: Any) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", email="eve@example.com", interactive=False, verbosity=0)
    client.post(reverse("account_login"), {"login": "eve@example.com", "password": PASSWORD})
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize(
    "name",
    ["customer:login", "customer:register", "customer:logout", "customer:change-password"],
)
def test_oscar_login_is_not_reachable(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.promise("autofill")
def test_login_fields_have_autocomplete(client: Client) -> None:
    for name in ("account_login", "account_signup", "account_reset_password"):
        form = client.get(reverse(name)).context["form"]
        for field in form:
            if field.widget_type != "checkbox":
                assert field.field.widget.attrs.get("autocomplete"), (name, field.name)


def test_login_error_is_at_its_field(client: Client) -> None:
    page = client.post(reverse("account_signup"), {**NEW, "password2": "other"}).content.decode()
    assert 'aria-describedby="id_password2_error"' in page
    assert 'id="id_password2_error"' in page


def test_rate_limited_request_gets_a_page(client: Client) -> None:
    for number in range(21):
        typed = {"email": f"nobody-{number}@example.com"}
        answer = client.post(reverse("account_reset_password"), typed)
    assert answer.status_code == 429
    assert "Too many attempts" in answer.content.decode()


def test_login_uses_our_texts(client: Client, alice: User) -> None:
    log_in = reverse("account_login")
    empty = client.post(log_in, {}).content.decode()
    assert "Enter your email address." in empty
    assert "Enter your password." in empty
    wrong = client.post(log_in, {"login": alice.email, "password": "wrong"}).content.decode()
    assert "The email address or the password is incorrect." in wrong
    client.force_login(alice)
    out = client.post(reverse("account_logout"), follow=True).content.decode()
    assert "You are logged out." in out


def test_no_allauth_text_is_left() -> None:
    theirs = Path(allauth.__file__).parent / "templates"
    unused = {"login_code_sent", "phone_verification_sent", "phone_verified"}
    unused |= {"webauthn_added", "webauthn_removed"}
    for room in ("account", "mfa"):
        ours = {path.stem for path in (TEMPLATES / room / "messages").glob("*.txt")}
        said = {path.stem for path in (theirs / room / "messages").glob("*.txt")}
        assert said - ours - unused == set()
