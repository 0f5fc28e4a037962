"""The outbox. A row is written in the transaction that caused the message."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class MessageState(models.TextChoices):
    """The delivery state of a message."""

    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")


def type_name(email_type: str) -> str:
    """Return an email type as staff read it: `shipment-sent` gives "Shipment sent"."""
    return email_type.replace("-", " ").capitalize()


class Message(models.Model):
    """One email to one address: delivered at least once, never lost."""

    email_type = models.SlugField(_("type"), max_length=40)
    subject_id = models.CharField(
        _("reference"), max_length=64, help_text=_("What caused it, e.g. order:100017.")
    )
    recipient = models.EmailField()
    data = models.JSONField(
        default=dict, blank=True, help_text=_("What the renderer cannot look up by the reference.")
    )
    state = models.CharField(
        max_length=8, choices=MessageState.choices, default=MessageState.QUEUED
    )
    subject = models.CharField(max_length=255, blank=True)
    body_text = models.TextField(blank=True)
    body_html = models.TextField(blank=True)
    message_id = models.CharField(max_length=128, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    # when the sweep may queue an unfinished row again; empty once it is finished
    next_try_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    # set when a mail server reports a bounce, cleared when staff resend
    bounced_at = models.DateTimeField(_("bounced at"), null=True, blank=True)
    bounce_reason = models.CharField(_("bounce reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("email")
        verbose_name_plural = _("emails")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["email_type", "subject_id", "recipient"], name="one_message_per_cause"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "next_try_at"], name="outbox_due"),
            models.Index(
                fields=["message_id"], condition=~Q(message_id=""), name="outbox_by_message_id"
            ),
            models.Index(
                fields=["bounced_at"],
                condition=Q(bounced_at__isnull=False),
                name="outbox_bounced",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type_name}, {self.subject_id}"

    @property
    def type_name(self) -> str:
        """The type as staff read it: "Shipment sent"."""
        return type_name(self.email_type)


class TemplateState(models.TextChoices):
    """The state of a text that staff write for an email type."""

    DRAFT = "draft", _("draft")
    ACTIVE = "active", _("active")
    FORMER = "former", _("former")


class EmailTemplate(models.Model):
    """A text by staff for an email type, instead of that in the file. One per type is active; a
    former one stays as history and never changes."""

    email_type = models.SlugField(_("email"), max_length=40)
    subject = models.CharField(_("subject"), max_length=150)
    text = models.TextField(_("text"), max_length=20_000)
    state = models.CharField(
        max_length=8, choices=TemplateState.choices, default=TemplateState.DRAFT, editable=False
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    activated_at = models.DateTimeField(_("active since"), null=True, blank=True, editable=False)
    last_error = models.CharField(_("last error"), max_length=255, blank=True, editable=False)

    class Meta:
        verbose_name = _("email template")
        verbose_name_plural = _("email templates")
        ordering = ["email_type", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["email_type"],
                condition=Q(state=TemplateState.ACTIVE),
                name="one_active_email_template",
            ),
        ]

    def __str__(self) -> str:
        return f"{type_name(self.email_type)} {self.pk or ''}".strip()
