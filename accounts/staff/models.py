"""Sessions of staff, and the network that each entry of the audit log came from."""

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import models
from django.utils.translation import gettext_lazy as _


class StaffSession(models.Model):
    """A browser in which a staff member is logged in. Written at login; customers have none."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="staff_sessions"
    )
    session_key = models.CharField(max_length=40, unique=True, editable=False)
    started_at = models.DateTimeField(_("logged in"), auto_now_add=True)
    network = models.CharField(_("network"), max_length=43, blank=True)
    browser = models.CharField(_("browser"), max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("staff session")
        verbose_name_plural = _("staff sessions")
        permissions = [("manage_staff", "Can invite staff, and change their roles and sessions")]

    def __str__(self) -> str:
        return f"{self.network} {self.browser}"[:120]


class EntryOrigin(models.Model):
    """Where an entry of Django's admin log came from: the network, not the whole IP address."""

    entry = models.OneToOneField(
        LogEntry, on_delete=models.CASCADE, primary_key=True, related_name="origin"
    )
    network = models.CharField(_("network"), max_length=43)

    def __str__(self) -> str:
        return self.network
