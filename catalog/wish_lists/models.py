"""Oscar's wish lists, with keys that cannot be guessed."""

import secrets

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from oscar.apps.wishlists.abstract_models import AbstractLine, AbstractWishList

from microflight.core.bounds import MAX_UNITS, Bounds

_KEY_BYTES = 24  # 192 bits; Oscar's keys of 6 letters could be guessed


class WishList(AbstractWishList):
    """A list of products. Anyone who has its link sees it while it is shared."""

    name = models.CharField(_("Name"), max_length=60)
    key = models.CharField(_("Key"), max_length=32, unique=True, editable=False)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def random_key(cls, length: int = 32) -> str:
        """Return a new key."""
        return secrets.token_urlsafe(_KEY_BYTES)

    @property
    def is_shared(self) -> bool:
        """Tell whether its link works."""
        return bool(self.visibility == self.SHARED)

    def get_absolute_url(self) -> str:
        """Return the owner's page."""
        return reverse("account_wish_lists:detail", args=[self.pk])

    @property
    def shared_url(self) -> str:
        """Return the absolute URL of the link."""
        return settings.SITE_URL + reverse("wish_lists:shared", args=[self.key])

    def share(self) -> None:
        """Make the link work, with a new key: an earlier link stays dead."""
        if not self.is_shared:
            self.key, self.visibility = self.random_key(), self.SHARED
            self.save(update_fields=["key", "visibility"])

    def stop_sharing(self) -> None:
        """Make the link stop working."""
        self.visibility = self.PRIVATE
        self.save(update_fields=["visibility"])


class Line(AbstractLine):
    """A product on a wish list."""

    class Meta(AbstractLine.Meta):
        constraints = [Bounds("quantity", 1, MAX_UNITS)]


from oscar.apps.wishlists.models import *  # type: ignore[assignment]  # noqa: E402, F403 (Oscar's, after ours)
