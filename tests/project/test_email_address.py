"""Which email addresses are accepted, wherever one is read."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.email_addresses import hash_email, normalize_email
from accounts.forms import EmailForm, LoginForm, ResetPasswordForm, SignUpForm
from accounts.newsletter.subscribers.admin_forms import LookupForm
from accounts.newsletter.subscribers.forms import BoxForm
from accounts.users.models import User
from catalog.back_in_stock.forms import SubscribeForm
from checkout.pages.checkout.forms import ContactForm
from checkout.pages.orders.forms import FindForm
from microflight.core.forms import EmailField

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Dana@Example.COM", "Dana@example.com"),
        ("  dana@example.com\u200b ", "dana@example.com"),
        ("dana@example.com.", "dana@example.com"),
        ("dana+shop@example.com", "dana+shop@example.com"),
        ("dana@bücher.example", "dana@xn--bcher-kva.example"),
        ("dana@bu\u0308cher.example", "dana@xn--bcher-kva.example"),
        ("dana@xn--bcher-kva.example", "dana@xn--bcher-kva.example"),
        ("dana@straße.example", "dana@xn--strae-oqa.example"),
        ("dana@例え.jp", "dana@xn--r8jz45g.jp"),
        ("ｄａｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "dana@example.com"),
        ("dana＠例え。jp", "dana@xn--r8jz45g.jp"),
    ],
)
def test_email_is_stored_in_ascii(typed: str, stored: str) -> None:
    assert EmailField().clean(typed) == stored
    assert normalize_email(typed) == stored.lower()
    assert hash_email(typed) == hash_email(stored)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("zoë@example.com", "We cannot send email to an address with “ë” before the @."),
        ("用户@例え.jp", "We cannot send email to an address with “用” before the @."),
        ("dana@localhost", "Enter a valid email address."),
        ("dana@shop.localhost", "Enter a valid email address."),
        ("dana@printer.local", "Enter a valid email address."),
        ("dana@[127.0.0.1]", "Enter a valid email address."),
        ("dana@example..com", "Enter a valid email address."),
        ("dana@exa mple.com", "Enter a valid email address."),
        ("dana@\u202e.com", "Enter a valid email address."),
        ("dana@office.lan", "Enter a valid email address."),
        ("dana@shop.corp", "Enter a valid email address."),
        (f"{'d' * 65}@example.com", "Enter a valid email address."),
        ("Dana <dana@example.com>", "Enter a valid email address."),
        ("dana@example.com, bob@example.com", "Enter a valid email address."),
    ],
)
def test_email_that_cannot_be_delivered_is_rejected(typed: str, said: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        EmailField().clean(typed)
    assert refusal.value.messages == [said]


FORMS = [
    (BoxForm, "email", {"text": "Yes"}),
    (ContactForm, "email", {}),
    (EmailForm, "email", {"user": User()}),
    (FindForm, "email", {}),
    (LoginForm, "login", {}),
    (LookupForm, "email", {}),
    (ResetPasswordForm, "email", {}),
    (SignUpForm, "email", {}),
    (SubscribeForm, "email", {}),
]


@pytest.mark.parametrize(("form", "name", "more"), FORMS)
def test_each_form_checks_email_addresses(form: type, name: str, more: dict) -> None:
    assert name in form(data={name: "dana@localhost"}, **more).errors
    assert name in form(data={name: "zoë@example.com"}, **more).errors
    fine = form(data={name: "dana@bücher.example"}, **more)
    assert name not in fine.errors
    assert fine.cleaned_data[name] == "dana@xn--bcher-kva.example"
    # Mutation: a plain forms.EmailField accepts dana@localhost


def test_admin_checks_email_addresses(client: Client, charlie: User) -> None:
    charlie.is_superuser = True
    charlie.save()
    client.force_login(charlie)
    sent = {"email": "dana@localhost", "password1": "pass-dana-3.6", "password2": "pass-dana-3.6"}
    client.post("/admin/users/user/add/", sent)
    assert not User.objects.filter(email="dana@localhost").exists()
    client.post("/admin/users/user/add/", sent | {"email": "dana@bücher.example"})
    assert User.objects.filter(email="dana@xn--bcher-kva.example").exists()
