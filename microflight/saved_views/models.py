"""Filtered lists of the admin, under a name."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.users.models import User

MAX_QUERY = 1000  # characters of a query string


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def shown_to(self, user: "User", list_label: str) -> "SavedViewQuerySet":
        """Return a person's own and all shared views of a list."""
        return self.filter(Q(owner=user) | Q(is_shared=True), list_label=list_label)


class SavedView(models.Model):
    """A search, filters and order of one list."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.CASCADE,
        related_name="+",
    )
    list_label = models.CharField(
        _("list"), max_length=100, help_text=_("The model, such as order.order.")
    )
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("query string"), max_length=MAX_QUERY)
    is_shared = models.BooleanField(_("shared with all staff"), default=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        default_permissions = ("view", "delete")
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "list_label", "name"], name="saved_view_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name
