"""Delay rules, which staff edit, and notices with their replies, which they read."""

from django.contrib import admin
from django.db.models import Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.countries import OwnCountriesForm
from checkout.deadlines.models import DelayNotice, DelayReply, DelayRule
from microflight.core.admin_base import ChoiceFilter, ReadOnlyAdmin, ReadOnlyInline, admin_link
from microflight.core.sourced_admin import SOURCED_COLUMNS, SourcedAdmin


@admin.register(DelayRule)
class DelayRuleAdmin(SourcedAdmin):
    """The laws about late shipments."""

    form = OwnCountriesForm
    list_display = ["name", "ship_within_days", "silent_days", "refund_days", *SOURCED_COLUMNS]
    search_fields = ["name"]
    filter_horizontal = ["countries"]
    deleted_with = frozenset({"deadlines.delayrule_countries"})


class TaskFilter(ChoiceFilter):
    """Whether it needs staff."""

    title = _("task")
    parameter_name = "task"
    choices_with_conditions = (
        ("due", _("refund soon"), lambda: Q(pk__in=DelayNotice.objects.due().values("pk"))),
        ("failed", _("refund failed"), Q(pk__in=DelayReply.objects.failed().values("notice"))),
    )


class DelayReplyInline(ReadOnlyInline):
    """Replies and the automatic refund."""

    model = DelayReply
    fields = ["type", "at", "settled_at", "problem"]
    readonly_fields = ["at", "settled_at", "problem"]


@admin.register(DelayNotice)
class DelayNoticeAdmin(ReadOnlyAdmin):
    """Delay notices; a job sends them."""

    list_display = ["sent_at", "order_link", "nth", "promised_on", "new_date", "refund_on", "rule"]
    list_display_links = ["sent_at"]
    list_filter = [TaskFilter, "rule", "refund_on"]
    list_select_related = ["order", "rule"]
    search_fields = ["order__number"]
    fields = ["order_link", "nth", "rule", "promised_on", "new_date", "refund_on", "sent_at"]
    inlines = [DelayReplyInline]

    @admin.display(description=_("Order"), ordering="order__number")
    def order_link(self, notice: DelayNotice) -> SafeString | str:
        return admin_link(notice.order, notice.order.number)
