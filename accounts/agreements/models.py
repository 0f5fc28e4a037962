"""Announcements of policy changes, and who dismissed the banner."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from policies.models import PolicyVersion


class Announcement(models.Model):
    """A material change, announced to one audience. Stores how far its emails are queued."""

    version = models.ForeignKey(
        PolicyVersion,
        on_delete=models.PROTECT,
        related_name="announcements",
        verbose_name=_("policy version"),
    )
    audience = models.CharField(_("audience"), max_length=20, help_text=_("For example accounts."))
    last_id = models.BigIntegerField(
        default=0, help_text=_("Members of the audience up to this ID have an email.")
    )
    queued = models.PositiveIntegerField(_("emails queued"), default=0)
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    last_queued_at = models.DateTimeField(_("last emails queued"), null=True, blank=True)
    finished_at = models.DateTimeField(
        _("finished"),
        null=True,
        blank=True,
        help_text=_("The version is in effect and everyone has an email."),
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        constraints = [
            models.UniqueConstraint(fields=["version", "audience"], name="announced_once"),
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.audience}"


class BannerDismissal(models.Model):
    """An account has seen the banner about a policy version."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    dismissed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "version"], name="dismissed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.version}"
