"""The admin of what staff publish for a time: draft, preview and history."""

from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from microflight.core.admin_base import EditableAdmin, state_label
from microflight.core.history_admin import HistoryMixin
from microflight.core.preview_admin import PreviewMixin


class ScheduledAdmin(PreviewMixin, HistoryMixin, EditableAdmin):
    """The admin of a `Scheduled` model with a history."""

    list_filter = ["is_published"]
    view_on_site = False

    @admin.display(description=_("State"))
    def state(self, row: Any) -> str:
        """Return whether visitors see it."""
        now = timezone.now()
        if not row.is_published:
            return state_label("policy-draft", gettext("draft"))
        if row.is_active(now):
            return state_label("policy-published", gettext("shown"))
        if row.starts_at > now:
            return state_label("policy-scheduled", gettext("scheduled"))
        return state_label("policy-superseded", gettext("ended"))

    def publish_for_preview(self, record: Any) -> None:
        """Show it now, without a version in its history."""
        rows = self.model._base_manager.filter(pk=record.pk)
        rows.update(is_published=True, starts_at=timezone.now(), ends_at=None)
