"""Pages and menu entries in the admin."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from catalog.content.models import MenuEntry, Page
from catalog.redirects.services import record_move
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

    def save_model(self, request: HttpRequest, obj: Page, form: Any, change: bool) -> None:
        """Redirect the former URL of a page that is published."""
        super().save_model(request, obj, form, change)
        former = form.initial.get("slug")
        if change and obj.is_published and former != obj.slug:
            record_move(reverse("page", args=[former]), obj.get_absolute_url())


@admin.register(MenuEntry)
class MenuEntryAdmin(ScheduledAdmin):
    form = LinkForm
    list_display = ["label", "menu", "position", "link", "state"]
    list_filter = ["menu", "is_published"]
    search_fields = ["label", "link"]
    fields = ["menu", "label", "link", "position", "is_published", "starts_at", "ends_at"]
