"""A text in another language, tied to the version that it translates."""

import hashlib
import json
from datetime import UTC
from typing import ClassVar

from django.conf import settings
from django.db import models

from policies.models.final import FinalOncePublished, FinalQuerySet
from policies.models.versions import PolicyVersion, normal


class PolicyTranslation(FinalOncePublished):
    """One version in one other language. The English text is the one that counts."""

    version = models.ForeignKey(
        PolicyVersion, on_delete=models.PROTECT, related_name="translations"
    )
    language = models.CharField(max_length=8, help_text="BCP 47, e.g. fr or fr-CA.")
    title = models.CharField(max_length=80)
    body = models.TextField(help_text="Markdown.")
    translator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    sha256 = models.CharField(max_length=64, blank=True, editable=False)

    objects: ClassVar[FinalQuerySet] = FinalQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["version", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "language"], name="one_translation_per_language"
            ),
            models.CheckConstraint(
                condition=models.Q(published_at=None) | ~models.Q(sha256=""),
                name="published_translations_are_sealed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} ({self.language})"

    def canonical_text(self) -> str:
        """Return what the seal covers: the text, and the version that it says it translates."""
        assert self.published_at is not None  # noqa: S101 (a draft has no seal)
        content = {
            "source": self.version.sha256,
            "language": self.language,
            "title": normal(self.title),
            "body": normal(self.body),
            "published_at": self.published_at.astimezone(UTC).isoformat(),
        }
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def seal(self) -> str:
        """Return the SHA-256 of the canonical text in hex."""
        return hashlib.sha256(self.canonical_text().encode()).hexdigest()
