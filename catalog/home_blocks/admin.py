"""Blocks of the home page in the admin."""

from django.contrib import admin

from catalog.home_blocks.models import HomeBlock
from microflight.core.link_check import LinkForm
from microflight.core.scheduled_admin import ScheduledAdmin


@admin.register(HomeBlock)
class HomeBlockAdmin(ScheduledAdmin):
    form = LinkForm
    list_display = ["title", "state", "position", "starts_at", "ends_at"]
    search_fields = ["title", "text"]
    fields = [
        "title", "text", "link", "link_text", "position", "is_published", "starts_at", "ends_at",
    ]  # fmt: skip
