"""Letters to many, for staff: written, looked over, tried, launched, taken back."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST

from accounts.newsletter.admin import campaign_pages as pages
from accounts.newsletter.admin.campaign_form import (
    REST,
    WORDS,
    LaunchForm,
    TestForm,
    condition_fields,
    draft_form,
)
from accounts.newsletter.admin.sending import SendingMixin
from accounts.newsletter.audience import audience_of
from accounts.newsletter.launching import NotLaunched, launch, unschedule
from accounts.newsletter.models import Campaign, CampaignEvent
from accounts.newsletter.states import CampaignState
from accounts.newsletter.writing.checks import look_over
from accounts.newsletter.writing.testing import addresses_of, send_test
from microflight.core import page_cache
from microflight.core.security_headers import allow_own_frames
from microflight.core.states import NotAllowed

if TYPE_CHECKING:
    from accounts.users.models import User

MAY_WRITE = "newsletter.change_campaign"
MAY_LAUNCH = "newsletter.launch_campaign"
PAGE = "admin:newsletter_campaign_change"


@admin.register(Campaign)
class CampaignAdmin(SendingMixin, admin.ModelAdmin):
    """A draft is written on; what was launched is looked at."""

    list_display = ["title", "subject", "topic", "standing", "when", "total", "delivered", "left"]
    list_select_related = ["topic"]
    list_filter = ["state", "topic", "is_public"]
    search_fields = ["title", "subject", "source"]
    prepopulated_fields = {"slug": ["title"]}
    change_form_template = "admin/newsletter/campaign/change_form.html"
    show_full_result_count = False

    # --- who may ---

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only a draft is written on."""
        return super().has_change_permission(request, obj) and not (obj and obj.is_frozen)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who writes or launches may read."""
        may = super().has_view_permission(request, obj)
        return may or request.user.has_perm(MAY_WRITE) or request.user.has_perm(MAY_LAUNCH)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only drafts go, one at a time: a list could hold launched ones."""
        is_draft = bool(obj and not obj.is_frozen)
        return is_draft and super().has_delete_permission(request, obj)

    # --- writing ---

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The words first, then whom they are for."""
        if obj and not self.has_change_permission(request, obj):
            return [(None, {"fields": []})]
        return [
            (None, {"fields": WORDS}),
            ("Only for readers who", {"fields": condition_fields(), "classes": ["audience"]}),
            ("Sender, second subject, archive", {"fields": REST, "classes": ["collapse"]}),
        ]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A letter that is only looked at has no fields."""
        may = obj is None or self.has_change_permission(request, obj)
        return self.prepopulated_fields if may else {}

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The form grows with the conditions that rooms register."""
        if obj is None or self.has_change_permission(request, obj):
            kwargs["form"] = draft_form()
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save a draft, and note who did."""
        super().save_model(request, obj, form, change)
        what = "written on" if change else "begun"
        CampaignEvent.objects.create(campaign=obj, what=what, by=cast("User", request.user))

    def response_add(self, request: HttpRequest, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Open the new draft."""
        return _to(obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Stay with the letter: the next step is on its page."""
        messages.success(request, "Saved.")
        return _to(obj)

    # --- its pages ---

    def get_urls(self) -> list[Any]:
        """Add what follows the writer, and what is done with a letter."""
        own = (
            ("<int:pk>/preview/", require_POST(self.preview_view), "preview"),
            ("<int:pk>/letter/", self.letter_view, "letter"),
            ("count/", require_POST(self.count_view), "count"),
            ("<int:pk>/test/", require_POST(self.test_view), "test"),
            ("<int:pk>/launch/", self.launch_view, "launch"),
            ("<int:pk>/take-back/", require_POST(self.take_back_view), "take_back"),
            ("<int:pk>/archive/", require_POST(self.archive_view), "archive"),
        )
        view = self.admin_site.admin_view
        named = [path(at, view(do), name=f"newsletter_campaign_{name}") for at, do, name in own]
        return [*named, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the letter beside its form, or alone once it is launched."""
        campaign = context.get("original")
        context |= {"show_save_and_continue": False, "show_save_and_add_another": False}
        if campaign is not None:
            context |= pages.beside(request, campaign)
            context["may_launch"] = request.user.has_perm(MAY_LAUNCH)
            context["may_write"] = request.user.has_perm(MAY_WRITE)
            context["may_choose_reader"] = request.user.has_perm(pages.MAY_READ_PEOPLE)
            context["events"] = campaign.events.select_related("by")[:50]
            context["test_form"] = TestForm(addresses=addresses_of(cast("User", request.user)))
        return allow_own_frames(super().render_change_form(request, context, *args, **kwargs))

    def _visible(self, request: HttpRequest, pk: int) -> Campaign:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(Campaign.objects.select_related("topic"), pk=pk)

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return findings and readers for words that are not saved; the frame shows the letter."""
        campaign = self._visible(request, pk)
        if not self.has_change_permission(request, campaign):
            raise PermissionDenied
        return HttpResponse(pages.fragment(request, pages.unsaved(request, campaign)))

    def letter_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the letter alone, for a frame."""
        return pages.framed(request, self._visible(request, pk))

    def count_view(self, request: HttpRequest) -> HttpResponse:
        """Return how many readers the conditions of a form leave: one query."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        campaign = pages.unsaved(request, Campaign())
        readers = audience_of(campaign).count() if campaign.topic_id else None
        words = "Choose a topic." if readers is None else f"{readers:,} readers today"
        return HttpResponse(words, content_type="text/plain; charset=utf-8")

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the letter as it is saved to one's own address."""
        campaign = self._visible(request, pk)
        if not request.user.has_perm(MAY_WRITE) and not request.user.has_perm(MAY_LAUNCH):
            raise PermissionDenied
        form = TestForm(request.POST, addresses=addresses_of(cast("User", request.user)))
        if form.is_valid():
            reader, _ = pages.reader_of(request)
            other = form.cleaned_data["subject"] == "b" and bool(campaign.subject_b)
            send_test(campaign, to=form.cleaned_data["to"], reader=reader, other=other)
            messages.success(request, f"A test is on its way to {form.cleaned_data['to']}.")
        else:
            messages.error(request, "A test goes to a proved address of your own account only.")
        return _to(campaign)

    def launch_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask when, with the check list (GET), or launch (POST)."""
        if not request.user.has_perm(MAY_LAUNCH):
            raise PermissionDenied
        campaign = self._visible(request, pk)
        if campaign.is_frozen:
            messages.error(request, "This letter is launched already.")
            return _to(campaign)
        form = LaunchForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                at, user = form.cleaned_data["at"], cast("User", request.user)
                return self._launched(request, launch(campaign, at=at, by=user))
            except (NotLaunched, NotAllowed) as refusal:
                form.add_error(None, str(refusal))
        context = {
            **self.admin_site.each_context(request),
            "title": "Launch",
            "opts": self.opts,
            "campaign": campaign,
            "form": form,
            "checked": look_over(campaign, ask_sites=True),
        }
        return TemplateResponse(request, "admin/newsletter/campaign/launch.html", context)

    def _launched(self, request: HttpRequest, campaign: Campaign) -> HttpResponse:
        assert campaign.scheduled_at is not None  # noqa: S101 (set by launch)
        when = date_format(localtime(campaign.scheduled_at), "j M Y, H:i")
        self.log_change(request, campaign, f"Launched for {when}.")
        messages.success(request, f"The letter leaves at {when}. Its text is final now.")
        return _to(campaign)

    def take_back_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make a letter that still waits a draft again."""
        if not request.user.has_perm(MAY_LAUNCH):
            raise PermissionDenied
        campaign = self._visible(request, pk)
        try:
            unschedule(campaign, by=cast("User", request.user))
            self.log_change(request, campaign, "Taken back.")
            messages.success(request, "The letter is a draft again.")
        except NotAllowed as refusal:
            messages.error(request, str(refusal))
        return _to(campaign)

    def archive_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put a letter into the archive, or take it out: also after it was sent."""
        if not request.user.has_perm(MAY_WRITE):
            raise PermissionDenied
        campaign = self._visible(request, pk)
        is_public = not campaign.is_public
        Campaign.objects.filter(pk=pk).update(is_public=is_public)
        page_cache.invalidate()
        what = "put into the archive" if is_public else "taken out of the archive"
        CampaignEvent.objects.create(campaign=campaign, what=what, by=cast("User", request.user))
        messages.success(request, f"The letter was {what}.")
        return _to(campaign)

    # --- the list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        """Leave the long columns out of the list."""
        rows = super().get_queryset(request)
        at = request.resolver_match.url_name if request.resolver_match else ""
        is_list = (at or "").endswith("changelist")
        return rows.defer("source", "body_text", "body_html") if is_list else rows

    @admin.display(description="State", ordering="state")
    def standing(self, campaign: Campaign) -> SafeString:
        """Return where it stands, in words."""
        mark = '<span class="state state-campaign-{}">{}</span>'
        return format_html(mark, campaign.state, campaign.get_state_display())

    @admin.display(description="Leaves", ordering="scheduled_at")
    def when(self, campaign: Campaign) -> str:
        """Return the hour in the shop's time, or a dash."""
        if campaign.scheduled_at is None or campaign.state == CampaignState.DRAFT:
            return "–"
        return date_format(localtime(campaign.scheduled_at), "j M Y, H:i")


def _to(campaign: Campaign) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(PAGE, args=[campaign.pk]))
