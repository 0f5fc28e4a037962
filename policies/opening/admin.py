"""Admin of opening hours, calendars and away periods. Every change invalidates the page cache."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from microflight.core.admin_base import EditableAdmin
from microflight.core.history_admin import HistoryMixin
from microflight.core.preview_admin import PreviewMixin
from microflight.core.row_locks import lock_names
from policies.opening.calendars import AWAY_LOCK
from policies.opening.models import AwayPeriod, NonWorkingDay, OpeningHours


@admin.register(OpeningHours)
class OpeningHoursAdmin(EditableAdmin):
    """One row for each weekday, always."""

    list_display = ["weekday", "opens", "closes", "cutoff"]
    readonly_fields = ["weekday"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The job adds all weekdays."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Staff empty the times of a closed day instead."""
        return False


@admin.register(NonWorkingDay)
class NonWorkingDayAdmin(EditableAdmin):
    """The job would add a deleted row again, so rows are excluded instead."""

    list_display = ["day", "name", "calendar", "excluded", "source"]
    list_filter = ["calendar", "excluded"]
    search_fields = ["name"]
    date_hierarchy = "day"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Staff exclude a row instead."""
        return False


class AwayAdmin(EditableAdmin):
    """What can be ordered while the shop is away. A change waits for the orders that are being
    placed, and counts for all later ones, and on cached pages."""

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        lock_names(AWAY_LOCK)
        super().save_model(request, obj, form, change)

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        lock_names(AWAY_LOCK)
        super().delete_model(request, obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        lock_names(AWAY_LOCK)
        super().delete_queryset(request, queryset)


class AwayPeriodForm(forms.ModelForm):
    """Says what to do if the day of reopening is not known."""

    class Meta:
        error_messages = {
            "reopens_on": {
                "required": _(
                    "Enter the day the shop reopens. If you don’t know it yet, enter your best "
                    "estimate; you can change it later."
                )
            }
        }


@admin.register(AwayPeriod)
class AwayPeriodAdmin(PreviewMixin, HistoryMixin, AwayAdmin):
    """Periods in shop time; overlapping active ones are rejected."""

    form = AwayPeriodForm
    list_display = ["starts_on", "reopens_on", "text", "mailbox", "active"]
    list_filter = ["active"]
    search_fields = ["text"]

    @transaction.atomic
    def restore_version(self, version: Any) -> None:
        lock_names(AWAY_LOCK)
        super().restore_version(version)

    def publish_for_preview(self, record: Any) -> None:
        """Show the period as if it began today."""
        today = timezone.localdate()
        AwayPeriod.objects.exclude(pk=record.pk).update(active=False)
        until = max(record.reopens_on, today + timedelta(days=1))
        rows = AwayPeriod.objects.filter(pk=record.pk)
        rows.update(active=True, starts_on=today, reopens_on=until)
