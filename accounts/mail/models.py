"""The outbox. A row is written in the transaction that caused the message."""

from django.db import models
from django.db.models import Q


class MessageState(models.TextChoices):
    """Where a message is on its way."""

    QUEUED = "queued", "waiting"
    SENDING = "sending", "being sent"
    SENT = "sent", "sent"
    FAILED = "failed", "given up"


class Message(models.Model):
    """One letter to one address: at least once, never lost."""

    kind = models.SlugField(max_length=40)
    subject_id = models.CharField(max_length=64, help_text="What it is about, e.g. order:100017.")
    recipient = models.EmailField()
    data = models.JSONField(default=dict, blank=True, help_text="What the renderer needs besides.")
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
    # when beat may hand an unfinished row to the broker again; empty once it is finished
    next_try_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    # a mail server's later word that it did not arrive; empty again once it is sent anew
    returned_at = models.DateTimeField(null=True, blank=True)
    returned_why = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_id", "recipient"], name="one_message_per_cause"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "next_try_at"], name="outbox_due"),
            models.Index(
                fields=["message_id"], condition=~Q(message_id=""), name="outbox_by_message_id"
            ),
            models.Index(
                fields=["returned_at"],
                condition=Q(returned_at__isnull=False),
                name="outbox_returned",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"
