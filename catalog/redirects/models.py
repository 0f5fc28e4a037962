"""Old URLs, and the pages that replace them."""

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.redirects.old_urls import MAX_LENGTH
from microflight.core.history import History


class Redirect(models.Model):
    """An old URL and the page that replaces it; without one, the old page is gone (410).

    Looked up only where no page responds. No row redirects to the old URL of another one, see
    `services`.
    """

    old_path = models.CharField(
        _("old URL"),
        max_length=MAX_LENGTH,
        unique=True,
        help_text=_("Such as /index.php?main_page=product_info&products_id=12."),
    )
    new_path = models.CharField(
        _("new URL"),
        max_length=MAX_LENGTH,
        blank=True,
        help_text=_("A page of the shop. Leave empty if nothing replaces the old page (410)."),
    )
    is_automatic = models.BooleanField(_("automatic"), default=False, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    history = History()

    class Meta:
        ordering = ["old_path"]
        verbose_name = _("redirect")
        verbose_name_plural = _("redirects")
        constraints = [
            models.CheckConstraint(
                condition=Q(old_path__startswith="/"), name="redirect_from_a_path"
            ),
            models.CheckConstraint(
                condition=Q(new_path="") | Q(new_path__startswith="/"),
                name="redirect_to_a_path",
            ),
            models.CheckConstraint(
                condition=~Q(new_path__startswith="//"), name="redirect_to_this_shop"
            ),
            models.CheckConstraint(
                condition=~Q(new_path=F("old_path"))
                & ~Q(new_path=Concat(F("old_path"), Value("/"))),
                name="redirect_to_another_path",
            ),
        ]

    def __str__(self) -> str:
        return self.old_path
