"""A campaign on its way, for staff: how far it is, pausing and ending it, uncertain deliveries."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.newsletter.admin.filters import CampaignFilter
from accounts.newsletter.campaigns.controls import cancel, pause, resume
from accounts.newsletter.campaigns.progress import progress
from accounts.newsletter.campaigns.uncertain import count_as_sent, send_again
from accounts.newsletter.models import Campaign, Delivery
from accounts.newsletter.states import CAMPAIGN, CampaignState
from microflight.core.admin_base import ReadOnlyAdmin
from microflight.core.states import NotAllowed

if TYPE_CHECKING:
    from accounts.users.models import User

MAY_LAUNCH = "newsletter.launch_campaign"
#: What may be done: the words on the button's answer, and who does it.
_ACTS: dict[str, tuple[str, Callable[[Campaign, "User"], Campaign]]] = {
    "pause": ("Paused. Letters that a worker has in hand still leave, ten at most.", pause),
    "resume": ("The letter goes on where it was.", resume),
    "cancel": ("Cancelled. Nothing more of it leaves.", cancel),
}


class SendingMixin:
    """For the admin of campaigns: addresses `newsletter_campaign_{progress,pause,resume,cancel}`,
    and `sending` in the context of its page."""

    admin_site: Any

    def get_urls(self) -> list[Any]:
        """Add what is done with a letter on its way."""
        view = self.admin_site.admin_view
        acts = [
            path(f"<int:pk>/{act}/", view(_act_view(act)), name=f"newsletter_campaign_{act}")
            for act in _ACTS
        ]
        how_far = path(
            "<int:pk>/progress/", view(self.progress_view), name="newsletter_campaign_progress"
        )
        return [how_far, *acts, *super().get_urls()]  # type: ignore[misc]

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return how far it is, as a piece of its page, which asks for it again and again."""
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        campaign = get_object_or_404(Campaign.objects.defer("source", "body_html"), pk=pk)
        shown = sending_context(request, campaign)
        return render(request, "admin/newsletter/campaign/_sending.html", shown)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add how far it is."""
        if (campaign := context.get("original")) and campaign.is_frozen:
            context |= sending_context(request, campaign)
        page = super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]
        return cast("HttpResponse", page)


def sending_context(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    """Return what `_sending.html` shows."""
    S = CampaignState
    on = S.SENDING if campaign.prepared_at else S.PREPARING
    may = request.user.has_perm(MAY_LAUNCH)
    return {
        "campaign": campaign,
        "sending": progress(campaign),
        "may_pause": may and CAMPAIGN.allows(campaign.state, S.PAUSED),
        "may_resume": may and campaign.state in (S.PAUSED, S.STOPPED)
        and CAMPAIGN.allows(campaign.state, on),
        "may_cancel": may and CAMPAIGN.allows(campaign.state, S.CANCELLED),
    }  # fmt: skip


def _act_view(act: str) -> Callable[..., HttpResponse]:
    @require_POST
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm(MAY_LAUNCH):
            raise PermissionDenied
        campaign = get_object_or_404(Campaign, pk=pk)
        words, do = _ACTS[act]
        try:
            do(campaign, cast("User", request.user))
            messages.success(request, words)
        except NotAllowed as refusal:
            messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("admin:newsletter_campaign_change", args=[pk]))

    return view


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """One row for each letter of a campaign; staff resolve those that are uncertain."""

    list_display = ["pk", "campaign", "subscriber", "state", "attempts", "sent_at", "reason"]
    list_select_related = ["campaign", "subscriber"]
    list_filter = ["state", CampaignFilter]
    search_fields = ["subscriber__email"]
    show_full_result_count = False
    actions = ["send_again", "count_as_sent"]
    fields = ["campaign", "subscriber", "variant", "state", "attempts", "sent_at", "next_try_at",
              "reason"]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Delivery]":
        """Leave out what is written in the letters: each row would bring it along."""
        rows: QuerySet[Delivery] = super().get_queryset(request)
        return rows.defer("campaign__source", "campaign__body_text", "campaign__body_html")

    def has_launch_permission(self, request: HttpRequest) -> bool:
        """Who may send campaigns resolves uncertain deliveries."""
        return request.user.has_perm(MAY_LAUNCH)

    @admin.action(description=_("Send uncertain emails again"), permissions=["launch"])
    def send_again(self, request: HttpRequest, queryset: "QuerySet[Delivery]") -> None:
        """Send what is uncertain once more."""
        count = send_again(list(queryset.values_list("pk", flat=True)), cast("User", request.user))
        messages.success(request, _("%(count)d uncertain, queued again.") % {"count": count})

    @admin.action(description=_("Mark uncertain emails as sent"), permissions=["launch"])
    def count_as_sent(self, request: HttpRequest, queryset: "QuerySet[Delivery]") -> None:
        """Count what is uncertain as sent."""
        pks = list(queryset.values_list("pk", flat=True))
        count = count_as_sent(pks, cast("User", request.user))
        messages.success(request, _("%(count)d uncertain, marked as sent.") % {"count": count})
