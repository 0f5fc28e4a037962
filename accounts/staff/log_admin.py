"""The audit log in the admin, read-only."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.users.models import User
from microflight.core.admin_base import ChoiceFilter, ReadOnlyAdmin


class WhoFilter(admin.SimpleListFilter):
    """Entries of one staff member."""

    title = _("who")
    parameter_name = "who"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        staff = User.objects.filter(is_staff=True).order_by("email")[:100]
        return [(str(pk), email) for pk, email in staff.values_list("pk", "email")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value() or ""
        is_id = value.isascii() and value.isdecimal() and len(value) < 19
        return queryset.filter(user=int(value)) if is_id else queryset


class WhatFilter(ChoiceFilter):
    """Entries by what was done."""

    title = _("what")
    parameter_name = "what"
    choices_with_conditions = (
        ("login", _("Logins"), Q(change_message__startswith="Logged in")),
        ("export", _("Exports"), Q(change_message__icontains="export")),
        ("roles", _("Role changes"), Q(change_message__startswith="Roles:")),
        ("added", _("Additions"), Q(action_flag=ADDITION)),
        ("changed", _("Changes"), Q(action_flag=CHANGE)),
        ("deleted", _("Deletions"), Q(action_flag=DELETION)),
    )


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """Who did what when, to which record, from which network. Append-only."""

    list_display = ["action_time", "user", "record", "message", "network"]
    list_display_links = None
    list_filter = [WhatFilter, WhoFilter]
    list_select_related = ["user", "content_type", "origin"]
    date_hierarchy = "action_time"
    search_fields = ["user__email", "object_repr", "=object_id", "change_message"]
    search_help_text = _("Staff email, record, its ID, or words of the entry.")
    show_full_result_count = False
    fields = ["action_time", "user", "record", "message", "network"]
    readonly_fields = ("record", "message", "network")

    @admin.display(description=_("Record"), ordering="object_repr")
    def record(self, entry: LogEntry) -> SafeString | str:
        """Return the record with a link, if it still has a page."""
        name = f"{entry.content_type.name}: {entry.object_repr}" if entry.content_type else "–"
        url = entry.get_admin_url() if not entry.is_deletion() else None
        return format_html('<a href="{}">{}</a>', url, name) if url else name

    @admin.display(description=_("What"))
    def message(self, entry: LogEntry) -> str:
        return entry.get_change_message() or str(entry.get_action_flag_display())

    @admin.display(description=_("Network"))
    def network(self, entry: Any) -> str:
        return entry.origin.network if hasattr(entry, "origin") else "–"
