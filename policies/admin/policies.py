"""Admin of policies: their settings and reviews."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from microflight.core import page_cache
from microflight.core.action_view import ActionAdmin
from microflight.core.admin_base import ChoiceFilter, EditableAdmin, ReadOnlyInline
from policies.admin.actions import POLICY_ACTIONS
from policies.models import Policy, Review


class ReviewFilter(ChoiceFilter):
    """Policies that are due for review."""

    title = _("review")
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("overdue", _("overdue")), ("none", _("no date"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Filter by today's date in Saskatoon."""
        conditions = {
            "overdue": Q(next_review_on__lt=timezone.localdate()),
            "none": Q(next_review_on=None),
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))


class ReviewInline(ReadOnlyInline):
    """The reviews of a policy."""

    model = Review
    fields = ("version", "reviewer", "reviewed_at", "next_review_on")
    readonly_fields = fields


@admin.register(Policy)
class PolicyAdmin(ActionAdmin, EditableAdmin):
    """Slug and notice period cannot change after the first publication."""

    record_actions = POLICY_ACTIONS
    old_action_urls = {"read-again": "mark-reviewed"}
    list_display = [
        "title",
        "slug",
        "required_at_checkout",
        "required_at_registration",
        "next_review",
    ]
    list_filter = [ReviewFilter]
    search_fields = ["title", "slug"]
    change_form_template = "admin/policies/policy/change_form.html"
    inlines = [ReviewInline]
    deleted_with = frozenset({"policies.review"})

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """Show reviews on existing policies only."""
        return self.inlines if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Lock the slug, which the hashes cover, and the notice period, which is shortened for one
        version at a time, with a reason, when it is published."""
        return ["slug", "notice_days"] if obj and obj.versions.published().exists() else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow deleting a policy without published versions."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and obj is not None and not obj.versions.published().exists()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and invalidate the pages that show the title."""
        super().save_model(request, obj, form, change)
        page_cache.invalidate()

    @admin.display(description=_("next review"), ordering="next_review_on")
    def next_review(self, policy: Policy) -> SafeString | str:
        """Return the date, highlighted if it is overdue."""
        if policy.next_review_on is None:
            return "–"
        day = date_format(policy.next_review_on, "j M Y")
        if policy.next_review_on >= timezone.localdate():
            return day
        return format_html('<span class="state verdict-breached">{}, {}</span>', day, _("overdue"))
