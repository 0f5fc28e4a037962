"""Admin of site-wide notices."""

from django.contrib import admin

from microflight.core.link_check import LinkForm
from microflight.core.scheduled_admin import ScheduledAdmin
from policies.models import Notice


@admin.register(Notice)
class NoticeAdmin(ScheduledAdmin):
    form = LinkForm
    list_display = ["text", "state", "starts_at", "ends_at"]
    search_fields = ["text"]
    fields = ["text", "link", "is_published", "starts_at", "ends_at"]
