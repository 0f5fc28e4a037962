"""Pages and menu entries in the admin."""

from typing import Any, ClassVar

from django.contrib import admin

from catalog.content.models import MenuEntry, Page
from microflight.core.link_check import LinkForm
from microflight.core.scheduled_admin import ScheduledAdmin


@admin.register(Page)
class PageAdmin(ScheduledAdmin):
    list_display = ["title", "slug", "state", "starts_at", "ends_at"]
    search_fields = ["title", "slug", "text"]
    fields = ["title", "slug", "text", "description", "is_published", "starts_at", "ends_at"]
    prepopulated_fields: ClassVar[dict[str, Any]] = {"slug": ["title"]}

    def preview_url(self, record: Any) -> str:
        """Return the path of the page itself."""
        return str(record.get_absolute_url())


@admin.register(MenuEntry)
class MenuEntryAdmin(ScheduledAdmin):
    form = LinkForm
    list_display = ["label", "menu", "position", "link", "state"]
    list_filter = ["menu", "is_published"]
    search_fields = ["label", "link"]
    fields = ["menu", "label", "link", "position", "is_published", "starts_at", "ends_at"]
