"""Policies in versions, acceptances of them, and notices on every page."""

import hashlib
import json
import unicodedata
from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.urls import reverse


class Policy(models.Model):
    """A subject on which the shop makes promises, e.g. privacy."""

    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)
    accepted_at_checkout = models.BooleanField(
        default=False, help_text="Shoppers tick that they agree to it before they pay."
    )

    class Meta:
        ordering = ["position", "slug"]
        verbose_name_plural = "policies"

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of the text in force."""
        return reverse("policies:page", args=[self.slug])


class PublishedTextIsFinal(Exception):
    """Somebody tried to change or delete a text that customers may have agreed to."""

    def __init__(self) -> None:
        super().__init__("A published version never changes. Publish a new version instead.")


class PolicyVersionQuerySet(models.QuerySet["PolicyVersion"]):
    def published(self) -> "PolicyVersionQuerySet":
        """Return the texts that are final, of which some may take effect later."""
        return self.filter(published_at__isnull=False)

    def in_force_at(self, moment: datetime) -> "PolicyVersionQuerySet":
        """Return the texts that are or were in force by a moment, newest first per policy."""
        return self.filter(effective_from__lte=moment).order_by(
            "policy__position", "policy__slug", "-number"
        )

    def update(self, **values: Any) -> int:
        """Change drafts. Raises PublishedTextIsFinal, and changes nothing, with others."""
        self._refuse_if_published()
        return super().update(**values)

    def bulk_update(self, objs: Any, fields: Any, batch_size: int | None = None) -> int:
        """Change drafts. Raises PublishedTextIsFinal, and changes nothing, with others."""
        objs = list(objs)
        self.model.objects.filter(pk__in=[o.pk for o in objs])._refuse_if_published()
        return super().bulk_update(objs, fields, batch_size)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete drafts. Raises PublishedTextIsFinal, and deletes nothing, with others."""
        self._refuse_if_published()
        return super().delete()

    def _refuse_if_published(self) -> None:
        if self.published().exists():
            raise PublishedTextIsFinal


class PolicyVersion(models.Model):
    """A text customers agreed to: a draft until `services.publish` numbers, dates and seals it.
    Once published it never changes."""

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(null=True, blank=True, editable=False)
    body = models.TextField(help_text="Markdown.")
    summary = models.CharField(
        max_length=255, blank=True, help_text="What changed, in plain words."
    )
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    effective_from = models.DateTimeField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    previous_sha256 = models.CharField(max_length=64, blank=True, editable=False)

    objects = PolicyVersionQuerySet.as_manager()

    class Meta:
        ordering = ["policy", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="one_text_per_number"),
            models.CheckConstraint(
                condition=models.Q(published_at=None)
                | (
                    models.Q(published_at__isnull=False, number__isnull=False)
                    & models.Q(effective_from__isnull=False)
                    & ~models.Q(sha256="")
                ),
                name="published_texts_are_numbered_dated_and_sealed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy} v{self.number}" if self.number else f"{self.policy} (draft)"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save a draft. Raises PublishedTextIsFinal where the row is published already."""
        if self.pk:
            type(self).objects.filter(pk=self.pk)._refuse_if_published()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete a draft. Raises PublishedTextIsFinal where the row is published."""
        type(self).objects.filter(pk=self.pk)._refuse_if_published()
        return super().delete(*args, **kwargs)

    @property
    def is_published(self) -> bool:
        """Return whether this text is final."""
        return self.published_at is not None

    def canonical_text(self) -> str:
        """Return what the seal covers: the text and its dates and place in the chain, written so
        that the same content always gives the same bytes."""
        assert self.published_at is not None  # noqa: S101 (a draft has no seal)
        assert self.effective_from is not None  # noqa: S101
        content = {
            "policy": self.policy.slug,
            "number": self.number,
            "published_at": self.published_at.astimezone(UTC).isoformat(),
            "effective_from": self.effective_from.astimezone(UTC).isoformat(),
            "summary": normal(self.summary),
            "body": normal(self.body),
            "previous": self.previous_sha256,
        }
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def seal(self) -> str:
        """Return the SHA-256 of the canonical text in hex; it covers the seal before it."""
        return hashlib.sha256(self.canonical_text().encode()).hexdigest()


def normal(text: str) -> str:
    """Return a text in one of its many equal forms: NFC, LF line ends, no space at line ends."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


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
