"""What mail servers and providers report back."""

from django.db import models
from django.utils import timezone


class FeedbackKind(models.TextChoices):
    """What became of a letter."""

    DELIVERED = "delivered", "delivered"
    SOFT = "soft", "refused for now"
    HARD = "hard", "refused for good"
    COMPLAINT = "complaint", "reported as spam"
    LEFT = "left", "asked to leave"


class Feedback(models.Model):
    """One report, once. Of the address only the digest is kept."""

    provider = models.CharField(max_length=30)
    event_id = models.CharField(max_length=200)
    kind = models.CharField(max_length=9, choices=FeedbackKind.choices)
    digest = models.CharField(max_length=64, db_index=True)
    delivery_id = models.BigIntegerField(null=True, blank=True)
    message_id = models.BigIntegerField(null=True, blank=True, help_text="Of the outbox.")
    detail = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="feedback_once")
        ]
        indexes = [  # what was said of a letter before decides what the next report counts
            models.Index(
                fields=["delivery_id"],
                condition=models.Q(delivery_id__isnull=False),
                name="feedback_of_delivery",
            ),
            models.Index(
                fields=["message_id"],
                condition=models.Q(message_id__isnull=False),
                name="feedback_of_message",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.event_id}"
