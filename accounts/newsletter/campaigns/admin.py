"""Campaigns in the admin: edit, check, test, launch and control them."""

import uuid
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
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
from accounts.newsletter.campaigns.models import Campaign, CampaignEvent
from accounts.newsletter.campaigns.preview import own_addresses, send_test
from accounts.newsletter.campaigns.progress import progress, totals_of
from accounts.newsletter.campaigns.states import CampaignState
from microflight.core.action_view import ActionView, available_actions
from microflight.core.security_headers import allow_own_frames

if TYPE_CHECKING:
    from accounts.users.models import User


class CampaignActionView(ActionView):
    template_name = "admin/newsletter/campaign/action.html"


@admin.register(Campaign)
class CampaignAdmin(admin.ModelAdmin):
    """A draft can be edited; a launched campaign is only shown."""

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

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.is_frozen)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_view_permission(request, obj)
        return may or request.user.has_perm(CHANGE) or request.user.has_perm(LAUNCH)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only drafts, one at a time: a list could hold launched ones."""
        is_draft = bool(obj and not obj.is_frozen)
        return is_draft and super().has_delete_permission(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj and not self.has_change_permission(request, obj):
            return [(None, {"fields": []})]
        return [
            (None, {"fields": CONTENT_FIELDS}),
            (_("Audience"), {"fields": filter_fields(), "classes": ["audience"]}),
            (
                _("Sender, second subject, archive"),
                {"fields": OPTION_FIELDS, "classes": ["collapse"]},
            ),
        ]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        may = obj is None or self.has_change_permission(request, obj)
        return self.prepopulated_fields if may else {}

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None or self.has_change_permission(request, obj):
            kwargs["form"] = draft_form()
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        what = "edited" if change else "created"
        CampaignEvent.objects.create(campaign=obj, what=what, by=cast("User", request.user))

    def response_add(self, request: HttpRequest, obj: Any, *args: Any, **kwargs: Any) -> Any:
        return _redirect(obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        messages.success(request, _("Saved."))
        return _redirect(obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        """Leave the long columns out of the list."""
        rows = super().get_queryset(request)
        match = request.resolver_match
        is_list = bool(match and (match.url_name or "").endswith("changelist"))
        return rows.defer("source", "body_text", "body_html") if is_list else rows

    @admin.display(description=_("State"), ordering="state")
    def state_label(self, campaign: Campaign) -> SafeString:
        label = '<span class="state state-campaign-{}">{}</span>'
        return format_html(label, campaign.state, campaign.get_state_display())

    @admin.display(description=_("Sends at"), ordering="scheduled_at")
    def send_time(self, campaign: Campaign) -> str:
        if campaign.scheduled_at is None or campaign.state == CampaignState.DRAFT:
            return "–"
        return date_format(localtime(campaign.scheduled_at), "j M Y, H:i")

    # --- Pages of one campaign ---

    def get_urls(self) -> list[Any]:
        """Add our pages."""
        view, name = self.admin_site.admin_view, "newsletter_campaign_"
        action = CampaignActionView.as_view(model_admin=self, actions=ACTIONS)
        preview, count = require_POST(self.preview_view), require_POST(self.count_view)
        return [
            path("<int:pk>/preview/", view(preview), name=f"{name}preview"),
            path("<int:pk>/email/", view(self.frame_view), name=f"{name}frame"),
            path("<int:pk>/progress/", view(self.progress_view), name=f"{name}progress"),
            path("count/", view(count), name=f"{name}count"),
            path("<int:pk>/test/", view(require_POST(self.test_view)), name=f"{name}test"),
            path("<int:pk>/<slug:name>/do/", view(action), name=f"{name}action"),
            *super().get_urls(),
        ]

    def _get(self, request: HttpRequest, pk: int, *permissions: str) -> Campaign:
        if not self.has_view_permission(request) or not request.user.has_perms(permissions):
            raise PermissionDenied
        return get_object_or_404(Campaign.objects.select_related("topic"), pk=pk)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the preview next to the form, or the campaign alone once it is launched."""
        campaign = context.get("original")
        context |= {"show_save_and_continue": False, "show_save_and_add_another": False}
        if campaign is not None:
            context |= admin_preview.page_context(request, campaign)
            if campaign.is_frozen:
                context["progress"] = progress(campaign)
            if campaign.started_at:
                context["totals"] = totals_of(campaign)
            user = cast("User", request.user)
            context |= {
                **_actions_context(request, campaign),
                "may_test": user.has_perm(CHANGE) or user.has_perm(LAUNCH),
                "may_choose_subscriber": user.has_perm(admin_preview.VIEW_SUBSCRIBERS),
                "events": campaign.events.select_related("by")[:50],
                "test_form": TestForm(addresses=own_addresses(user)),
            }
        return allow_own_frames(super().render_change_form(request, context, *args, **kwargs))

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return checklist and recipients for an unsaved draft; the frame shows its email."""
        campaign = self._get(request, pk)
        if not self.has_change_permission(request, campaign):
            raise PermissionDenied
        campaign = admin_preview.unsaved(request, campaign)
        return HttpResponse(admin_preview.preview_fragment(request, campaign))

    def frame_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the email alone, for a frame."""
        return admin_preview.frame(request, self._get(request, pk))

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the progress panel, which the page loads again and again."""
        campaign = self._get(request, pk)
        context = {**_actions_context(request, campaign), "progress": progress(campaign)}
        return render(request, "admin/newsletter/campaign/_progress.html", context)

    def count_view(self, request: HttpRequest) -> HttpResponse:
        """Return how many recipients the filters of a form leave."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        campaign = admin_preview.unsaved(request, Campaign())
        text = str(_("Choose a topic."))
        if campaign.topic_id:
            text = _("%s recipients today") % f"{audience_of(campaign).count():,}"
        return HttpResponse(text, content_type="text/plain; charset=utf-8")

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the campaign as it is saved to one's own address."""
        campaign = self._get(request, pk)
        if not request.user.has_perm(CHANGE) and not request.user.has_perm(LAUNCH):
            raise PermissionDenied
        form = TestForm(request.POST, addresses=own_addresses(cast("User", request.user)))
        if form.is_valid():
            to, subscriber = form.cleaned_data["to"], admin_preview.subscriber_in(request)[0]
            subject_b = form.cleaned_data["subject"] == "b" and bool(campaign.subject_b)
            send_test(campaign, to=to, subscriber=subscriber, subject_b=subject_b)
            messages.success(request, _("A test email is on its way to %s.") % to)
        else:
            messages.error(request, _("Tests only go to a verified email of your own account."))
        return _redirect(campaign)


def _actions_context(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    return {
        "campaign": campaign,
        "actions": dict(available_actions(request, ACTIONS, campaign)),
        "once": uuid.uuid4(),
    }


def _redirect(campaign: Campaign) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:newsletter_campaign_change", args=[campaign.pk]))
