"""The progress of policy announcements, read-only."""

from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.agreements import announcements, emails
from accounts.agreements.models import Announcement
from accounts.mail.models import Message, MessageState
from microflight.core.admin_base import ReadOnlyAdmin, admin_link


@admin.register(Announcement)
class AnnouncementAdmin(ReadOnlyAdmin):
    list_display = ["version", "audience", "queued", "status", "started_at", "finished_at"]
    list_select_related = ["version__policy"]
    list_filter = ["audience", "version__policy"]
    search_fields = ["version__policy__title", "version__summary"]
    fields = [
        "policy_version",
        "audience",
        "progress",
        "deliveries",
        "status",
        "started_at",
        "last_queued_at",
        "finished_at",
    ]
    readonly_fields = ["policy_version", "progress", "deliveries", "status"]

    @admin.display(description=_("Policy version"), ordering="version")
    def policy_version(self, row: Announcement) -> SafeString | str:
        return admin_link(row.version)

    @admin.display(description=_("Status"))
    def status(self, row: Announcement) -> str:
        if row.finished_at:
            return gettext("Finished")
        if row.last_queued_at is None:
            return gettext("Starts within a minute")
        effective = row.version.effective_from
        if effective and effective > timezone.now():
            date = date_format(timezone.localtime(effective))
            return gettext("Open until %(date)s: new people receive it, too") % {"date": date}
        return gettext("Sending")

    @admin.display(description=_("Progress"))
    def progress(self, row: Announcement) -> SafeString:
        left = announcements.remaining(row)
        text = ngettext(
            "%(queued)s queued, %(left)s person left",
            "%(queued)s queued, %(left)s people left",
            left,
        )
        return format_html(
            '<progress value="{}" max="{}"></progress> {}',
            row.queued,
            max(row.queued + left, 1),
            text % {"queued": row.queued, "left": left},
        )

    @admin.display(description=_("Emails, all audiences"))
    def deliveries(self, row: Announcement) -> str:
        """Return how many of the version's emails are in each delivery state."""
        found = Message.objects.filter(
            email_type="policy-changed", subject_id=emails.reference(row)
        )
        counts = dict(found.values_list("state").annotate(Count("pk")).order_by())
        return ", ".join(f"{counts.get(s.value, 0)} {s.label}" for s in MessageState)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave out the long bodies."""
        return super().get_queryset(request).defer("version__body", "version__source")
