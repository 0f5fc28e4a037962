"""How far the telling of each change has come, for staff: to read."""

from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.agreements import emails, telling
from accounts.agreements.models import Announcement
from accounts.mail.models import Message, MessageState
from microflight.core.admin_base import ReadOnlyAdmin, admin_link


@admin.register(Announcement)
class AnnouncementAdmin(ReadOnlyAdmin):
    """Rows are written by publishing and by the job that tells; staff watch them."""

    list_display = ["version", "source", "told", "standing", "started_at", "finished_at"]
    list_select_related = ["version__policy"]
    list_filter = ["source", "version__policy"]
    search_fields = ["version__policy__title", "version__summary"]
    fields = [
        "text", "source", "progress", "letters", "standing", "started_at", "told_at",
        "finished_at",
    ]  # fmt: skip
    readonly_fields = ["text", "progress", "letters", "standing"]

    @admin.display(description="Text", ordering="version")
    def text(self, row: Announcement) -> SafeString | str:
        """Return a link to the text that is told of."""
        return admin_link(row.version)

    @admin.display(description="Standing")
    def standing(self, row: Announcement) -> str:
        """Return in words how far it is."""
        if row.finished_at:
            return "everybody has been told"
        if row.told_at is None:
            return "begins within a minute"
        effective = row.version.effective_from
        if effective and effective > timezone.now():
            day = timezone.localtime(effective)
            return f"goes on until {day:%-d %B %Y}: newcomers are told too"
        return "under way"

    @admin.display(description="Letters written")
    def progress(self, row: Announcement) -> SafeString:
        """Return a bar, and in words what it shows."""
        left = telling.left(row)
        return format_html(
            '<progress value="{}" max="{}"></progress> {} written, {} left',
            row.told, max(row.told + left, 1), row.told,
            "1 person" if left == 1 else f"{left} people",
        )  # fmt: skip

    @admin.display(description="In the outbox")
    def letters(self, row: Announcement) -> str:
        """Return how many letters about this text wait, went, or were given up, on every list."""
        found = Message.objects.filter(kind="policy-changed", subject_id=emails.cause_of(row))
        counts = dict(found.values_list("state").annotate(Count("pk")).order_by())
        return ", ".join(f"{counts.get(s.value, 0)} {s.label}" for s in MessageState)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave the long texts out."""
        return super().get_queryset(request).defer("version__body", "version__source")
