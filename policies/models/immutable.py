"""Rows that cannot change once they are published. PostgreSQL enforces it with triggers as well:
see migrations/0002_triggers.py."""

import hashlib
import json
from typing import Any, Self

from django.db import models


class PublishedIsImmutable(Exception):
    """An attempt to change or delete a version that customers may have accepted."""

    def __init__(self) -> None:
        super().__init__("A published version cannot be changed. Publish a new version instead.")


class ImmutableOncePublishedQuerySet(models.QuerySet):
    """Raises PublishedIsImmutable, and changes nothing, if any of its rows is published."""

    def published(self) -> Self:
        """Return the published versions, including those that take effect later."""
        return self.filter(published_at__isnull=False)

    def update(self, **values: Any) -> int:
        """Update unpublished rows. Raises PublishedIsImmutable."""
        self._require_unpublished()
        return super().update(**values)

    def bulk_update(self, objs: Any, fields: Any, batch_size: int | None = None) -> int:
        """Update unpublished rows. Raises PublishedIsImmutable."""
        objs = list(objs)
        self.filter(pk__in=[obj.pk for obj in objs])._require_unpublished()
        return super().bulk_update(objs, fields, batch_size)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete unpublished rows. Raises PublishedIsImmutable."""
        self._require_unpublished()
        return super().delete()

    def _require_unpublished(self) -> None:
        if self.published().exists():
            raise PublishedIsImmutable


class ImmutableOncePublished(models.Model):
    """A row that can be edited until `published_at` is set, and never again."""

    published_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save an unpublished row. Raises PublishedIsImmutable."""
        self._require_unpublished()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete an unpublished row. Raises PublishedIsImmutable."""
        self._require_unpublished()
        return super().delete(*args, **kwargs)

    @property
    def is_published(self) -> bool:
        """Return whether this row is final."""
        return self.published_at is not None

    def hashed_content(self) -> dict[str, Any]:
        """Return what the hash covers."""
        raise NotImplementedError

    def canonical_text(self) -> str:
        """Return what the hash covers as JSON: equal content always gives equal bytes."""
        content = self.hashed_content()
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def calculate_sha256(self) -> str:
        """Return the SHA-256 of the canonical text in hex."""
        return hashlib.sha256(self.canonical_text().encode()).hexdigest()

    def _require_unpublished(self) -> None:
        stored = type(self)._default_manager.filter(pk=self.pk, published_at__isnull=False)
        if self.pk and stored.exists():
            raise PublishedIsImmutable
