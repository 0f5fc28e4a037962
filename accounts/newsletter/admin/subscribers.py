"""Subscribers for staff: found, read, and acted upon; no field is edited by hand."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, DELETION
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Count, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.newsletter import exporting
from accounts.newsletter.admin import wrote
from accounts.newsletter.admin.acts import ACTS, ANSWER, ActForm
from accounts.newsletter.admin.filters import PauseFilter, SourceFilter, StandingFilter
from accounts.newsletter.admin.journal import by_line, log
from accounts.newsletter.models import (
    Consent,
    Subscriber,
    SubscriberEvent,
    Suppression,
    digest_of,
)
from accounts.newsletter.states import DeliveryState, SubscriberState
from microflight.core.admin_base import ReadOnlyAdmin

EXPORT = "newsletter.export_subscriber"
_NEWEST = 50  # events and letters on a page


@admin.register(Subscriber)
class SubscriberAdmin(ReadOnlyAdmin):
    """Everybody who entered an address, with what became of it."""

    list_display = ["email", "name", "standing", "about", "country", "created_at"]
    list_filter = [StandingFilter, PauseFilter, "topics", SourceFilter, "country"]
    search_fields = ["email", "name"]
    search_help_text = "Address or name."
    show_full_result_count = False
    ordering = ["-pk"]
    change_list_template = "admin/newsletter/subscribers.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Fetch the topics of a page in one query."""
        return super().get_queryset(request).prefetch_related("topics")

    @admin.display(description="State", ordering="state")
    def standing(self, one: Subscriber) -> SafeString:
        """Return the state in words; colour only repeats them."""
        return standing_of(one)

    @admin.display(description="Topics")
    def about(self, one: Subscriber) -> str:
        """Return what their letters are about."""
        return ", ".join(topic.name for topic in one.topics.all()) or "–"

    def get_urls(self) -> list[Any]:
        """Add the pages on which staff act."""
        wrap = self.admin_site.admin_view
        name = "newsletter_subscriber_"
        return [
            path("wrote/", wrap(self.wrote_view), name=f"{name}wrote"),
            path("export/", wrap(self.export_view), name=f"{name}export"),
            path("<int:pk>/data/", wrap(self.data_view), name=f"{name}data"),
            path("<int:pk>/<slug:name>/do/", wrap(self.act_view), name=f"{name}act"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Say above the list how many there are of each state."""
        found = Subscriber.objects.order_by().values_list("state").annotate(Count("pk"))
        counts: dict[str, int] = dict(found)
        extra = {
            "counts": [(counts.get(each.value, 0), each.label) for each in SubscriberState],
            "query": request.GET.urlencode(),
            "may_export": request.user.has_perm(EXPORT),
            "may_answer": request.user.has_perm(ANSWER),
        }
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    # --- one person ---

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show all that is known of somebody; there is no form to change it by hand."""
        self._needs(request)
        found = Subscriber.objects.select_related("user").prefetch_related("topics")
        one = found.filter(pk=int(object_id)).first() if object_id.isdecimal() else None
        if one is None:
            raise Http404
        acts = [
            (name, form.title)
            for name, form in ACTS.items()
            if request.user.has_perm(form.right) and form.possible_for(one, one.email)
        ]
        may_export = request.user.has_perm(EXPORT)
        context = {**_contents(one), "title": one.email, "acts": acts, "may_export": may_export}
        return self.page(request, "subscriber.html", context)

    def act_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Ask for what an act needs (GET), or do it (POST)."""
        if (kind := ACTS.get(name)) is None:
            raise Http404
        self._needs(request, kind.right)
        one = get_object_or_404(Subscriber, pk=pk)
        back = reverse("admin:newsletter_subscriber_change", args=[pk])
        if not kind.possible_for(one, one.email):
            messages.info(request, f"{kind.title}: there is nothing to do.")
            return HttpResponseRedirect(back)
        form = kind(request.POST or None, email=one.email, subscriber=one)
        if form.is_valid():
            return _done(request, form, pk, back)
        return self.page(
            request, "act.html", {"form": form, "one": one, "back": back, "title": kind.title}
        )

    def data_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Hand out all that is known of somebody, for them; POST only."""
        self._needs(request, EXPORT)
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        one = get_object_or_404(Subscriber, pk=pk)
        log(request, "Data handed out", pk)
        answer = JsonResponse(exporting.person(one), json_dumps_params={"indent": 1})
        answer["Content-Disposition"] = f'attachment; filename="subscriber-{pk}.json"'
        return answer

    # --- many, or nobody yet ---

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Hand out the list as it is filtered, as a stream."""
        self._needs(request, EXPORT)
        try:
            listed = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters as error:
            raise BadRequest("The list cannot be narrowed like that.") from error
        people = Subscriber.objects.filter(pk__in=listed.order_by().values("pk"))
        # a search may be somebody's address: the log says that there was one, not which
        by = ["a search" if name == "q" else name for name in sorted(request.GET)]
        narrowed = f", narrowed by {', '.join(by)}" if by else ""
        log(request, f"Exported, {people.count()} in all{narrowed}")
        name = f"subscribers-{timezone.localdate()}.csv"
        return StreamingHttpResponse(
            exporting.subscribers(people),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def wrote_view(self, request: HttpRequest) -> HttpResponse:
        """Find who wrote or rang; who is no subscriber can be signed up, or blocked, here."""
        self._needs(request, ANSWER)
        return wrote.answer(self, request)

    def _needs(self, request: HttpRequest, *rights: str) -> None:
        if not (self.has_view_permission(request) and request.user.has_perms(rights)):
            raise PermissionDenied

    def page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        """Return one of our pages within the admin."""
        whole = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/newsletter/{template}", whole)


def standing_of(one: Subscriber) -> SafeString:
    """Return a state as a pill, and a pause beside it."""
    pill = format_html(
        '<span class="state state-reader-{}">{}</span>', one.state, one.get_state_display()
    )
    if not one.rests:
        return pill
    return format_html("{} <span>rests until {}</span>", pill, f"{one.paused_until:%Y-%m-%d}")


def _done(request: HttpRequest, form: ActForm, pk: int, back: str) -> HttpResponse:
    """Do an act, log it, and return to the person; to the list where they are gone."""
    messages.success(request, form.perform(by_line(request)))
    if Subscriber.objects.filter(pk=pk).exists():
        log(request, form.title, pk, CHANGE)
        return HttpResponseRedirect(back)
    log(request, form.title, pk, DELETION)
    return HttpResponseRedirect(reverse("admin:newsletter_subscriber_changelist"))


def _contents(one: Subscriber) -> dict[str, Any]:
    digest = digest_of(one.email)
    letters = one.deliveries.order_by("-pk")
    counts = dict(letters.order_by().values_list("state").annotate(Count("pk")))
    return {
        "one": one,
        "standing": standing_of(one),
        "suppression": Suppression.objects.filter(digest=digest).first(),
        "consents": Consent.objects.filter(digest=digest).select_related("version__policy"),
        "events": SubscriberEvent.objects.filter(subscriber=one)[:_NEWEST],
        "letters": letters.select_related("campaign").only(
            "state", "sent_at", "reason", "campaign__title"
        )[:_NEWEST],
        "counts": [(counts[each.value], each.label) for each in DeliveryState if each in counts],
    }
