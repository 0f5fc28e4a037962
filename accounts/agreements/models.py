"""How far the telling of a change has come, and who has seen it."""

from django.conf import settings
from django.db import models

from policies.models import PolicyVersion


class Announcement(models.Model):
    """A material change and one list of people to tell of it. A row remembers how far it came."""

    version = models.ForeignKey(
        PolicyVersion, on_delete=models.PROTECT, related_name="announcements"
    )
    source = models.CharField(max_length=20, help_text="Which list of people, e.g. accounts.")
    last_key = models.BigIntegerField(
        default=0, help_text="Everybody up to this one on the list has been told."
    )
    told = models.PositiveIntegerField(default=0, help_text="Letters written.")
    started_at = models.DateTimeField(auto_now_add=True)
    told_at = models.DateTimeField(null=True, blank=True, help_text="The last letters so far.")
    finished_at = models.DateTimeField(
        null=True, blank=True, help_text="The text is in force, and nobody is left to be told."
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["version", "source"], name="announced_once"),
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.source}"


class Seen(models.Model):
    """An account has seen that a text changes: its banner is gone."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "version"], name="seen_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.version}"
