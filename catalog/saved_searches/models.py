"""Searches that send an email when something new matches."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.email_addresses import normalize_email
from catalog.models import Product

if TYPE_CHECKING:
    from accounts.users.models import User

MAX_QUERY = 1000  # characters of a query string


class SavedSearchQuerySet(models.QuerySet["SavedSearch"]):
    def confirmed(self) -> "SavedSearchQuerySet":
        """Return those that send emails."""
        return self.filter(confirmed_at__isnull=False)

    def of(self, user: "User") -> "SavedSearchQuerySet":
        """Return those of an account, including those saved before it was opened."""
        return self.filter(Q(user=user) | Q(email=normalize_email(user.email)))


class SavedSearch(models.Model):
    """A search or filtered list, and the email address that gets new matches.

    It sends nothing until the address is confirmed, and is deleted when it is cancelled.
    """

    email = models.EmailField(_("email"), help_text=_("In lower case."))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    query = models.CharField(
        _("query string"), max_length=MAX_QUERY, help_text=_("Of the list, without “?”.")
    )
    name = models.CharField(_("search"), max_length=200, help_text=_("As people read it."))
    created_at = models.DateTimeField(_("saved at"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("saved search")
        verbose_name_plural = _("saved searches")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["email", "query"], name="saved_search_once_an_address")
        ]

    def __str__(self) -> str:
        return f"saved search {self.pk}"


class SavedSearchMatch(models.Model):
    """A product that a saved search has matched: no email is sent about it again."""

    search = models.ForeignKey(SavedSearch, on_delete=models.CASCADE, related_name="matches")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["search", "product"], name="saved_search_match_once")
        ]

    def __str__(self) -> str:
        return f"match {self.pk}"
