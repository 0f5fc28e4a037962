"""Translations of policy versions."""

from datetime import UTC
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from policies.models.immutable import ImmutableOncePublished, ImmutableOncePublishedQuerySet
from policies.models.versions import PolicyVersion, normalize


class PolicyTranslation(ImmutableOncePublished):
    """A published version in another language. The English version prevails."""

    version = models.ForeignKey(
        PolicyVersion,
        on_delete=models.PROTECT,
        related_name="translations",
        verbose_name=_("version"),
    )
    language = models.CharField(
        _("language"), max_length=8, help_text=_("Language code, for example fr or fr-CA.")
    )
    title = models.CharField(_("title"), max_length=80)
    body = models.TextField(_("body"), help_text=_("Markdown."))
    translator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("translator"),
    )
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True, editable=False)

    objects: ClassVar[ImmutableOncePublishedQuerySet] = ImmutableOncePublishedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["version", "language"]
        verbose_name = _("policy translation")
        verbose_name_plural = _("policy translations")
        constraints = [
            models.UniqueConstraint(
                fields=["version", "language"], name="one_translation_per_language"
            ),
            models.CheckConstraint(
                condition=models.Q(published_at=None) | ~models.Q(sha256=""),
                name="published_translations_have_a_hash",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} ({self.language})"

    def hashed_content(self) -> dict[str, Any]:
        """Return the translation, and the hash of the version that it translates."""
        assert self.published_at is not None  # noqa: S101 (drafts have no hash)
        return {
            "source_sha256": self.version.sha256,
            "language": self.language,
            "title": normalize(self.title),
            "body": normalize(self.body),
            "published_at": self.published_at.astimezone(UTC).isoformat(),
        }
