"""Email templates in the admin: drafts, preview, test email, activation, reset to the file."""

from contextlib import suppress
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.mail import samples, templates
from accounts.mail.email_previews import sandboxed
from accounts.mail.models import EmailTemplate, Message, TemplateState, type_name
from accounts.mail.registry import EMAIL_TYPES
from accounts.mail.rendering import RenderedEmail, render_email, shared_values
from accounts.mail.type_filter import TypeFilter
from microflight.core.action_view import ActionForm, DraftAdmin
from microflight.core.admin_base import state_label
from microflight.core.errors import ServiceError
from microflight.core.security_headers import allow_own_frames
from policies.opening import calendars

_MAY_CHANGE = "mail.change_emailtemplate"
_MAY_VIEW_EMAILS = "mail.view_message"


def _data(email_type: str) -> dict[str, Any]:
    """Return the values of a sample email of a type, with those that all emails have."""
    return shared_values(calendars.load()) | samples.context_of(email_type)


def _real(template: EmailTemplate, by: Any) -> tuple[dict[str, Any], str]:
    """Return the values of the latest email of the type, and its reference; of a sample, and "", if
    there is none, if this user may not view emails, if what it was about is gone, or if it has a
    secret link."""
    email_type = EMAIL_TYPES[template.email_type]
    message = Message.objects.filter(email_type=email_type.name).order_by("-pk").first()
    if message is not None and email_type.keep and by.has_perm(_MAY_VIEW_EMAILS):
        with suppress(Exception):  # its order or account is gone
            return email_type.context(message), message.subject_id
    return samples.context_of(email_type.name), ""


def _rendered(template: EmailTemplate, context: dict[str, Any]) -> RenderedEmail:
    """Return the email with the text. Raises ServiceError."""
    try:
        email_type = EMAIL_TYPES[template.email_type]
        return render_email(email_type, context, calendars.load(), template)
    except Exception as error:
        raise ServiceError(f"{type(error).__name__}: {error}"[:255]) from error


class EmailTemplateForm(forms.ModelForm):
    """A draft; it is checked each time it is saved."""

    email_type = forms.ChoiceField(label=_("Email"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("email_type"):
            names = [name for name in samples.names() if templates.is_editable(name)]
            choices = [(name, type_name(name)) for name in names]
            field.choices = sorted(choices, key=lambda each: each[1])  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        """Reject wrong syntax, unknown variables, and a text without the links that it needs."""
        data = super().clean() or {}
        name = data.get("email_type") or self.instance.email_type
        if name and not self.errors:
            for text in templates.problems(name, data["subject"], data["text"], _data(name)):
                self.add_error("text", text)
        return data


class _TemplateAction(ActionForm):
    permission = _MAY_CHANGE


class ActivateForm(_TemplateAction):
    """Use a draft from now on."""

    title = _("Activate")
    button = _("Use this text from now on")
    consequence = _("All emails of this type have this text from now on. The former one is kept.")

    @classmethod
    def is_available(cls, subject: Any) -> bool:
        return subject.state == TemplateState.DRAFT

    @transaction.atomic
    def perform(self, by: Any) -> str:
        name = self.subject.email_type
        problems = templates.problems(name, self.subject.subject, self.subject.text, _data(name))
        if problems:
            raise ServiceError(*problems)
        rows = EmailTemplate.objects.select_for_update().filter(email_type=name)
        list(rows.order_by("pk"))
        rows.filter(state=TemplateState.ACTIVE).update(state=TemplateState.FORMER)
        rows.filter(pk=self.subject.pk, state=TemplateState.DRAFT).update(
            state=TemplateState.ACTIVE, activated_at=timezone.now(), last_error=""
        )
        return gettext("The text is active.")


class ResetForm(_TemplateAction):
    """Use the file of the email again."""

    title = _("Reset to default")
    button = _("Use the default text again")
    consequence = _("Emails of this type have the default text again. This one is kept.")

    @classmethod
    def is_available(cls, subject: Any) -> bool:
        return subject.state == TemplateState.ACTIVE

    def perform(self, by: Any) -> str:
        rows = EmailTemplate.objects.filter(pk=self.subject.pk, state=TemplateState.ACTIVE)
        rows.update(state=TemplateState.FORMER)
        return gettext("The default text is used again.")


class CopyForm(_TemplateAction):
    """Write a new draft that starts with this text."""

    title = _("Copy to a new draft")
    button = _("Copy")

    @classmethod
    def is_available(cls, subject: Any) -> bool:
        return subject.state != TemplateState.DRAFT

    def perform(self, by: Any) -> str:
        fields = {name: getattr(self.subject, name) for name in ("email_type", "subject", "text")}
        made = EmailTemplate.objects.create(**fields)
        return gettext("Draft %(draft)s was created.") % {"draft": made}


class SendTestForm(_TemplateAction):
    """Send the email with sample data to oneself."""

    title = _("Send a test to yourself")
    button = _("Send")

    def perform(self, by: Any) -> str:
        email = _rendered(self.subject, samples.context_of(self.subject.email_type))
        subject = gettext("Test: %(subject)s") % {"subject": email.subject}
        message = EmailMultiAlternatives(subject, email.text, to=[by.email])
        message.attach_alternative(email.html, "text/html")
        try:
            message.send()
        except OSError as error:  # SMTPException is one
            raise ServiceError(gettext("The test could not be sent. Try again later.")) from error
        return gettext("A test was sent to %(email)s.") % {"email": by.email}


@admin.register(EmailTemplate)
class EmailTemplateAdmin(DraftAdmin):
    """Texts by staff. Emails without an active one use their file."""

    form = EmailTemplateForm
    change_form_template = "admin/mail/emailtemplate/change_form.html"
    list_display = ["type", "subject", "status", "created_at", "activated_at"]
    list_filter = ["state", TypeFilter]
    search_fields = ["email_type", "subject", "text"]
    record_actions = {
        "activate": ActivateForm, "test": SendTestForm, "reset": ResetForm, "copy": CopyForm,
    }  # fmt: skip

    def is_draft(self, record: Any) -> bool:
        return bool(record.state == TemplateState.DRAFT)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keep the type of a saved draft; the form of a new one chooses it."""
        return ["type", "email_type"] if obj else []

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the type of a saved draft by name."""
        return ["type" if obj else "email_type", "subject", "text"]

    @admin.display(description=_("Email"), ordering="email_type")
    def type(self, template: EmailTemplate) -> str:
        """Return the type as staff read it."""
        return type_name(template.email_type)

    @admin.display(description=_("State"), ordering="state")
    def status(self, template: EmailTemplate) -> str:
        """Return the state, or that the active text failed."""
        if template.last_error:
            return state_label("campaign-stopped", gettext("failed: default text used"))
        names = {"draft": "draft", "active": "published", "former": "superseded"}
        return state_label(f"policy-{names[template.state]}", template.get_state_display())

    def get_urls(self) -> list[Any]:
        """Add the HTML of the preview."""
        view = self.admin_site.admin_view(self.html_view)
        return [path("<int:pk>/html/", view, name="mail_emailtemplate_html"), *super().get_urls()]

    def html_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the email's HTML for a sandboxed frame."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        template = get_object_or_404(EmailTemplate, pk=pk)
        return sandboxed(_rendered(template, _real(template, request.user)[0]).html)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the preview with the data of the latest email, and the variables with samples."""
        if template := kwargs.get("obj"):
            values = templates.values_of(template.email_type, _data(template.email_type))
            real, about = _real(template, request.user)
            context |= {
                "variables": values, "parts": templates.parts_of(template.email_type),
                "about": about, "state_html": self.status(template),
                "may_view_emails": request.user.has_perm(_MAY_VIEW_EMAILS),
            }  # fmt: skip
            try:
                context["email"] = _rendered(template, real)
            except ServiceError as error:
                messages.error(request, error.texts[0])
        return allow_own_frames(super().render_change_form(request, context, *args, **kwargs))
