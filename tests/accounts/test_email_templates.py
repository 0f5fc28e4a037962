"""Texts by staff for emails: only documented variables, and an email is always sent."""

import socket
import time
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.mail import samples, templates
from accounts.mail.models import EmailTemplate, Message, TemplateState
from accounts.mail.registry import EMAIL_TYPES
from accounts.mail.rendering import compose, render_email, shared_values
from accounts.users.models import User
from policies.opening.calendars import Schedule
from tests.admin_forms import open_form

TEXT = "## Hello {{ name }}\n\n{% if name %}Yes.{% endif %}\n\n[Account]({{ account_url }})"
ADD = "admin:mail_emailtemplate_add"
pytestmark = pytest.mark.django_db


def data(name: str) -> dict[str, Any]:
    return shared_values(Schedule()) | samples.context_of(name)


def make(**fields: Any) -> EmailTemplate:
    given = {"email_type": "welcome", "subject": "Hi {{ name }}", "text": TEXT, **fields}
    return EmailTemplate.objects.create(**given)


def action(staff: Client, template: EmailTemplate, name: str) -> Any:
    url = reverse("admin:mail_emailtemplate_action", args=[template.pk, name])
    return staff.post(url, {"once": "1"}, follow=True)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{% load i18n %}{{ account_url }}", "Syntax: Invalid block tag"),
        ('{% include "emails/_base.html" %}{{ account_url }}', "Syntax: Invalid block tag"),
        ('{% extends "base.html" %}{{ account_url }}', "Syntax: Invalid block tag"),
        ("{% debug %}{{ account_url }}", "Syntax: Invalid block tag"),
        ("{% for a in b %}{% endfor %}{{ account_url }}", "Syntax: Invalid block tag"),
        ("{{ account_url }}{{ name|safe }}", "Syntax: Invalid filter"),
        ("{{ account_url }}{% if name %}", "Syntax: Unclosed tag"),
        ("{{ account_url }}{{ user.password }}", "Unknown variable: user.password."),
        ("{{ account_url }}{% if settings.SECRET_KEY %}{% endif %}", "Unknown variable: settings"),
        ("{{ account_url }}{% if name %}{{ wingspan }}{% endif %}", "Unknown variable: wingspan."),
        ("{{ account_url }}{{ name|default:site.secret }}", "Unknown variable: site.secret."),
        ("{{ account_url }}{% if name and not x.y %}{% endif %}", "Unknown variable: x.y."),
        ("{{ account_url }}{{ name|money }}", "It fails: "),
        ("Hello", "The text needs the link {{ account_url }}."),
    ],
)
def test_text_with_a_problem_is_rejected(text: str, problem: str, staff: Client) -> None:
    form = open_form(staff, reverse(ADD))
    form |= {"email_type": "welcome", "subject": "Hi", "text": text}
    page = staff.post(reverse(ADD), form)
    assert page.status_code == 200
    assert problem in str(page.context["adminform"].form.errors["text"].data[0].message)
    assert page.context["adminform"].form["text"].value() == text
    assert not EmailTemplate.objects.exists()


def test_every_email_type_has_variables_and_renders_by_staff() -> None:
    for name in filter(templates.is_editable, EMAIL_TYPES):
        values = templates.values_of(name, data(name))
        assert all(isinstance(value, templates._PLAIN) for value in values.values())
        links = " ".join(f"{{{{ {one} }}}}" for one in templates.required_in(name, values))
        text = f"Text. {links}\n\n" + "\n\n".join(
            f"{{{{ {p} }}}}" for p in templates.parts_of(name)
        )
        assert templates.problems(name, "Subject", text, data(name)) == []
        template = EmailTemplate(email_type=name, subject="Subject", text=text)
        email = render_email(EMAIL_TYPES[name], samples.context_of(name), Schedule(), template)
        assert email.subject == "Subject"
        assert "Text." in email.text
        assert "\ue000" not in email.html


def test_value_of_a_customer_makes_no_link_or_tag() -> None:
    evil = "[win](https://evil.example) <b>x</b> *y*\n# z {{ account_url }}"
    template = EmailTemplate(email_type="welcome", subject="Hi {{ name }}", text=TEXT)
    context = samples.context_of("welcome") | {"name": evil}
    email = render_email(EMAIL_TYPES["welcome"], context, Schedule(), template)
    assert "evil.example" in email.html
    assert 'href="https://evil.example' not in email.html
    assert "<b>x" not in email.html
    assert "<em>y" not in email.html
    assert "\n" not in email.subject


def test_active_text_is_used_and_reset_to_the_default(staff: Client, alice: User) -> None:
    template = make()
    message = Message.objects.create(
        email_type="welcome", subject_id=f"user:{alice.pk}", recipient=alice.email,
        data={"user": alice.pk},
    )  # fmt: skip
    default = compose(message).subject
    action(staff, template, "activate")
    template.refresh_from_db()
    assert template.state == TemplateState.ACTIVE
    assert compose(message).subject.startswith("Hi ")
    second = make(subject="Second")
    action(staff, second, "activate")
    template.refresh_from_db()
    assert (template.state, compose(message).subject) == (TemplateState.FORMER, "Second")
    action(staff, second, "reset")
    assert compose(message).subject == default
    action(staff, template, "copy")
    assert EmailTemplate.objects.filter(state=TemplateState.DRAFT, text=TEXT).count() == 1


def test_text_that_fails_is_replaced_by_the_file_and_raises_an_alarm(
    alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    message = Message.objects.create(
        email_type="welcome", subject_id=f"user:{alice.pk}", recipient=alice.email,
        data={"user": alice.pk},
    )  # fmt: skip
    default = compose(message)
    broken = make(text="{% load i18n %}", state=TemplateState.ACTIVE)
    assert compose(message) == default
    broken.refresh_from_db()
    assert broken.last_error.startswith("TemplateSyntaxError: Invalid block tag")
    assert f"email template {broken.pk} failed" in caplog.text


def test_preview_and_test_email(staff: Client, charlie: User) -> None:
    template = make()
    url = reverse("admin:mail_emailtemplate_change", args=[template.pk])
    page = staff.get(url).content.decode()
    assert "With sample data: no email of this type was sent yet." in page
    html = staff.get(reverse("admin:mail_emailtemplate_html", args=[template.pk]))
    assert "sandbox" in html["Content-Security-Policy"]
    action(staff, template, "test")
    (sent,) = mail.outbox
    assert sent.subject.startswith("Test: Hi ")


def test_data_of_customers_is_shown_only_to_staff_who_may_view_emails(
    client: Client, alice: User, bob: User
) -> None:
    template, kept = make(), replace(EMAIL_TYPES["welcome"], keep=True)
    bob.is_staff = True
    bob.save()
    rows = Permission.objects.filter(content_type__app_label="mail")
    url = reverse("admin:mail_emailtemplate_change", args=[template.pk])
    Message.objects.create(
        email_type="welcome", subject_id=f"user:{alice.pk}", recipient=alice.email,
        data={"user": alice.pk},
    )  # fmt: skip
    for codenames, is_shown in (
        (["change_emailtemplate"], False), (["change_emailtemplate", "view_message"], True),
    ):  # fmt: skip
        bob.user_permissions.set(rows.filter(codename__in=codenames))
        client.force_login(bob)
        with patch.dict(EMAIL_TYPES, welcome=kept):
            page = client.get(url).content.decode()
        assert ("With the data of the latest email" in page) == is_shown
        assert ("you have no permission to view emails" in page) != is_shown


def test_staff_without_permission_see_no_template(client: Client, bob: User) -> None:
    template = make()
    bob.is_staff = True
    bob.save()
    client.force_login(bob)
    for name in ("change", "html"):
        url = reverse(f"admin:mail_emailtemplate_{name}", args=[template.pk])
        assert client.get(url).status_code == 403
    url = reverse("admin:mail_emailtemplate_action", args=[template.pk, "activate"])
    assert client.post(url, {"once": "1"}).status_code == 403
    template.refresh_from_db()
    assert template.state == TemplateState.DRAFT


def test_silent_mail_server_ends_a_test_email_in_time(staff: Client, settings: Any) -> None:
    template = make()
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and never says a word
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = silent.getsockname()
        settings.EMAIL_TIMEOUT = 0.5
        start = time.monotonic()
        page = action(staff, template, "test").content.decode()
    assert time.monotonic() - start < 5  # without the timeout: for ever
    assert "The test could not be sent. Try again later." in page
