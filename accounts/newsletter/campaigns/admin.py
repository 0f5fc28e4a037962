"""Campaigns in the admin: edit, check, test, launch and control them."""

import uuid
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.newsletter.campaigns import admin_preview
from accounts.newsletter.campaigns.admin_forms import (
    ACTIONS,
    CHANGE,
    CONTENT_FIELDS,
    LAUNCH,
    OPTION_FIELDS,
    TestForm,
    draft_form,
    filter_fields,
)
from accounts.newsletter.campaigns.audience import audience_of
from accounts.newsletter.campaigns.models import Campaign, CampaignQuerySet, CampaignState
from accounts.newsletter.campaigns.preview import own_addresses, send_test
from accounts.newsletter.campaigns.progress import progress, totals_of
from accounts.users.models import User
from microflight.core.action_view import DraftAdmin
from microflight.core.admin_base import state_label
from microflight.core.security_headers import allow_own_frames


def _may_edit_or_launch(request: HttpRequest) -> bool:
    return request.user.has_perm(CHANGE) or request.user.has_perm(LAUNCH)


@admin.register(Campaign)
class CampaignAdmin(DraftAdmin):
    """A draft can be edited; a launched campaign is only shown."""

    record_actions = ACTIONS
    old_action_urls = {name: name for name in ACTIONS}
    action_template = "admin/newsletter/campaign/action.html"
    list_display = [
        "title", "subject", "topic", "state_label", "send_time", "total", "delivered",
        "unsubscribed",
    ]  # fmt: skip
    list_select_related = ["topic"]
    list_filter = ["state", "topic", "is_public"]
    search_fields = ["title", "subject", "source"]
    prepopulated_fields = {"slug": ["title"]}
    change_form_template = "admin/newsletter/campaign/change_form.html"
    show_full_result_count = False
    deleted_with = frozenset({"newsletter.campaignevent", "newsletter.link"})

    def is_draft(self, record: Campaign) -> bool:
        return not record.is_frozen

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or _may_edit_or_launch(request)

    def _may_fill_in(self, request: HttpRequest, obj: Any) -> bool:
        return obj is None or self.has_change_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if not self._may_fill_in(request, obj):
            return [(None, {"fields": []})]
        options = _("Sender, second subject, archive")
        return [
            (None, {"fields": CONTENT_FIELDS}),
            (_("Audience"), {"fields": list(filter_fields()), "classes": ["audience"]}),
            (options, {"fields": OPTION_FIELDS, "classes": ["collapse"]}),
        ]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.prepopulated_fields if self._may_fill_in(request, obj) else {}

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if self._may_fill_in(request, obj):
            kwargs["form"] = draft_form()
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        obj.events.create(what="edited" if change else "created", by=cast(User, request.user))

    def get_queryset(self, request: HttpRequest) -> CampaignQuerySet:
        """Leave the long columns out of the list."""
        rows: CampaignQuerySet = super().get_queryset(request)  # type: ignore[assignment]
        match = request.resolver_match
        is_list = bool(match and (match.url_name or "").endswith("changelist"))
        return rows.without_content() if is_list else rows

    @admin.display(description=_("State"), ordering="state")
    def state_label(self, campaign: Campaign) -> SafeString:
        return state_label(f"campaign-{campaign.state}", campaign.get_state_display())

    @admin.display(description=_("Sends at"), ordering="scheduled_at")
    def send_time(self, campaign: Campaign) -> str:
        if campaign.scheduled_at is None or campaign.state == CampaignState.DRAFT:
            return "–"
        return date_format(localtime(campaign.scheduled_at), "j M Y, H:i")

    # --- Pages of one campaign ---

    def get_urls(self) -> list[Any]:
        view, name = self.admin_site.admin_view, "newsletter_campaign_"
        preview, count = require_POST(self.preview_view), require_POST(self.count_view)
        return [
            path("<int:pk>/preview/", view(preview), name=f"{name}preview"),
            path("<int:pk>/email/", view(self.frame_view), name=f"{name}frame"),
            path("<int:pk>/progress/", view(self.progress_view), name=f"{name}progress"),
            path("count/", view(count), name=f"{name}count"),
            path("<int:pk>/test/", view(require_POST(self.test_view)), name=f"{name}test"),
            *super().get_urls(),
        ]

    def _get(self, request: HttpRequest, pk: int) -> Campaign:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(Campaign.objects.select_related("topic"), pk=pk)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the preview next to the form, or the campaign alone once it is launched."""
        campaign = context.get("original")
        if campaign is not None:
            user = cast(User, request.user)
            context |= {
                **admin_preview.page_context(request, campaign),
                **self._actions_context(request, campaign),
                "progress": progress(campaign) if campaign.is_frozen else None,
                "totals": totals_of(campaign) if campaign.started_at else None,
                "may_test": _may_edit_or_launch(request),
                "may_choose_subscriber": user.has_perm(admin_preview.VIEW_SUBSCRIBERS),
                "events": campaign.events.select_related("by")[:50],
                "test_form": TestForm(addresses=own_addresses(user)),
            }
        return allow_own_frames(super().render_change_form(request, context, *args, **kwargs))

    def _actions_context(self, request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
        return {
            "campaign": campaign,
            "actions": {one.name: one.title for one in self.available_actions(request, campaign)},
            "once": uuid.uuid4(),
        }

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return checklist and recipients for an unsaved draft; the frame shows its email."""
        campaign = self._get(request, pk)
        if not self.has_change_permission(request, campaign):
            raise PermissionDenied
        return admin_preview.preview_page(request, admin_preview.unsaved(request, campaign))

    def frame_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the email alone, for a frame."""
        return admin_preview.frame(request, self._get(request, pk))

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the progress panel, which the page loads again and again."""
        campaign = self._get(request, pk)
        context = {**self._actions_context(request, campaign), "progress": progress(campaign)}
        return render(request, "admin/newsletter/campaign/_progress.html", context)

    def count_view(self, request: HttpRequest) -> HttpResponse:
        """Return how many recipients the filters of a form leave."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        campaign = admin_preview.unsaved(request, Campaign())
        text = str(_("Choose a topic."))
        if campaign.topic_id:
            count = audience_of(campaign).count()
            text = ngettext("%s recipient today", "%s recipients today", count) % f"{count:,}"
        return HttpResponse(text, content_type="text/plain; charset=utf-8")

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the campaign as it is saved to one's own address."""
        campaign = self._get(request, pk)
        if not _may_edit_or_launch(request):
            raise PermissionDenied
        form = TestForm(request.POST, addresses=own_addresses(cast(User, request.user)))
        if form.is_valid():
            to, subscriber = form.cleaned_data["to"], admin_preview.subscriber_in(request)[0]
            subject_b = form.cleaned_data["subject"] == "b" and bool(campaign.subject_b)
            send_test(campaign, to=to, subscriber=subscriber, subject_b=subject_b)
            messages.success(request, _("A test email is on its way to %s.") % to)
        else:
            messages.error(request, _("Tests only go to a verified email of your own account."))
        return redirect("admin:newsletter_campaign_change", pk)
