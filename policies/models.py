"""Policies in versions, acceptances of them, and notices on every page."""

from datetime import datetime

from django.db import models


class Policy(models.Model):
    """A subject on which the shop makes promises, e.g. privacy."""

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "slug"]
        verbose_name_plural = "policies"

    def __str__(self) -> str:
        return self.title


class PolicyVersion(models.Model):
    """A text customers agreed to. Once published it never changes."""

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    body = models.TextField(help_text="Markdown.")
    summary = models.CharField(
        max_length=255, blank=True, help_text="What changed, in plain words."
    )
    published_at = models.DateTimeField(null=True, blank=True)
    effective_from = models.DateTimeField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    previous_sha256 = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        ordering = ["policy", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="one_text_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.policy} v{self.number}"


class Acceptance(models.Model):
    """Proof that somebody agreed: which text, under which words, about what."""

    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="acceptances")
    subject = models.CharField(max_length=64, db_index=True, help_text="E.g. order:100017.")
    label = models.CharField(max_length=255, help_text="The words beside the box that was ticked.")
    accepted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "subject"], name="accepted_once"),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.version}"


class NoticeQuerySet(models.QuerySet["Notice"]):
    def holding_at(self, moment: datetime) -> "NoticeQuerySet":
        """Return the notices to show at a moment, newest first."""
        ends_later = models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=moment)
        return self.filter(ends_later, starts_at__lte=moment)


class Notice(models.Model):
    """A line on top of every page, while it holds."""

    text = models.CharField(max_length=255)
    link = models.CharField(max_length=200, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at"]

    def __str__(self) -> str:
        return self.text
