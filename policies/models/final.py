"""Rows that nobody may change once they are published. PostgreSQL refuses it as well, by triggers
(migrations/0004_published_texts_stay.py)."""

from typing import Any, Self

from django.db import models


class PublishedTextIsFinal(Exception):
    """Somebody tried to change or delete a text that customers may have agreed to."""

    def __init__(self) -> None:
        super().__init__("A published version never changes. Publish a new version instead.")


class FinalQuerySet(models.QuerySet):
    """Refuses, and changes nothing, where one of its rows is published."""

    def published(self) -> Self:
        """Return the texts that are final, of which some may take effect later."""
        return self.filter(published_at__isnull=False)

    def update(self, **values: Any) -> int:
        """Change drafts. Raises PublishedTextIsFinal, and changes nothing, with others."""
        self.refuse_if_published()
        return super().update(**values)

    def bulk_update(self, objs: Any, fields: Any, batch_size: int | None = None) -> int:
        """Change drafts. Raises PublishedTextIsFinal, and changes nothing, with others."""
        objs = list(objs)
        self.filter(pk__in=[o.pk for o in objs]).refuse_if_published()
        return super().bulk_update(objs, fields, batch_size)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete drafts. Raises PublishedTextIsFinal, and deletes nothing, with others."""
        self.refuse_if_published()
        return super().delete()

    def refuse_if_published(self) -> None:
        """Raise PublishedTextIsFinal where one of these rows is final."""
        if self.published().exists():
            raise PublishedTextIsFinal


class FinalOncePublished(models.Model):
    """A row that is written on until `published_at` is set, and then never again."""

    published_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save a draft. Raises PublishedTextIsFinal where the row is published already."""
        self._refuse_if_published()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete a draft. Raises PublishedTextIsFinal where the row is published."""
        self._refuse_if_published()
        return super().delete(*args, **kwargs)

    @property
    def is_published(self) -> bool:
        """Return whether this text is final."""
        return self.published_at is not None

    def _refuse_if_published(self) -> None:
        stored = type(self)._default_manager.filter(pk=self.pk, published_at__isnull=False)
        if self.pk and stored.exists():
            raise PublishedTextIsFinal
