"""Who agreed to which text."""

from django.conf import settings
from django.db import models

from policies.models.versions import PolicyVersion


class Context(models.TextChoices):
    """Where somebody was asked."""

    CHECKOUT = "checkout", "checkout"
    REGISTRATION = "registration", "registration"
    AGAIN = "again", "log-in after a change"
    NEWSLETTER = "newsletter", "newsletter sign-up"
    CONTEST = "contest", "contest entry"


class Acceptance(models.Model):
    """Proof that somebody agreed: which text, under which words, about what.

    Written once, never changed: PostgreSQL only lets the account go (`user`) when it is deleted.
    """

    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="acceptances")
    sha256 = models.CharField(max_length=64, help_text="The seal of the text that was shown.")
    context = models.CharField(max_length=12, choices=Context.choices, default=Context.CHECKOUT)
    subject = models.CharField(
        max_length=64, db_index=True, help_text="E.g. order:100017 or account:12."
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    label = models.TextField(help_text="The words beside the box that was ticked.")
    answer = models.CharField(max_length=12, default="agreed", help_text="What was answered.")
    network = models.CharField(
        max_length=43, blank=True, help_text="The internet address without its last part."
    )
    accepted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "subject"], name="accepted_once"),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.version}"
