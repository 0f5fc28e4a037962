"""Pictures that staff uploaded for letters."""

import secrets

from django.db import models
from django.utils import timezone


def new_name() -> str:
    """Return a file name that says nothing and cannot be guessed."""
    return secrets.token_urlsafe(9)


class LetterPicture(models.Model):
    """A picture for letters, drawn anew as JPEG or PNG: every mail program shows these two."""

    key = models.SlugField("name", unique=True, help_text="As the letter calls it: ::picture name")
    alt = models.CharField(
        "in words", max_length=200, help_text="For whoever does not see it. A letter may say more."
    )
    file = models.FileField(upload_to="letters/")
    width = models.PositiveIntegerField(default=0, editable=False, help_text="Pixels.")
    height = models.PositiveIntegerField(default=0, editable=False, help_text="Pixels.")
    uploaded_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "picture for letters"
        verbose_name_plural = "pictures for letters"

    def __str__(self) -> str:
        return self.key
