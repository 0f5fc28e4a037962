"""Subscribers, the suppression list and imports in the admin."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Count, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
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
from django.utils.translation import gettext_lazy as _

from accounts.newsletter.subscribers import csv_export
from accounts.newsletter.subscribers.admin_forms import (
    ACTIONS,
    ANSWER,
    LOOKUP_ACTIONS,
    LookupForm,
    RequestForm,
)
from accounts.newsletter.subscribers.email_hash import hash_email
from accounts.newsletter.subscribers.models import Consent, Subscriber, Suppression
from accounts.newsletter.subscribers.personal_data import personal_data
from accounts.newsletter.subscribers.states import SubscriberState
from microflight.core.action_view import ActionView, available_actions
from microflight.core.admin_base import ReadOnlyAdmin

if TYPE_CHECKING:
    from accounts.users.models import User

EXPORT = "newsletter.export_subscriber"
_LATEST = 50  # events and deliveries on a page


def log(request: HttpRequest, text: Any, pk: int | None = None, flag: int = CHANGE) -> LogEntry:
    """Log what was done. Subscribers are named by number: the log outlives their erasure."""
    return LogEntry.objects.create(
        user_id=cast("User", request.user).pk,
        content_type=ContentType.objects.get_for_model(Subscriber),
        object_id=None if pk is None else str(pk),
        object_repr="Subscribers" if pk is None else f"Subscriber {pk}",
        action_flag=flag,
        change_message=str(text),
    )


def csv_response(rows: Iterator[str], name: str) -> StreamingHttpResponse:
    """Return a CSV file as a stream."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8", headers=headers)


def admin_page(
    model_admin: Any, request: HttpRequest, template: str, context: dict[str, Any]
) -> HttpResponse:
    """Render one of our pages within the admin."""
    base = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts}
    return TemplateResponse(request, f"admin/newsletter/{template}", base | context)


class EmailHashAdmin(ReadOnlyAdmin):
    """Finds rows that know an address only by its SHA-256, when it is entered whole."""

    search_fields = ("email_hash",)
    search_help_text = _("A whole email address: only its SHA-256 is stored.")
    show_full_result_count = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Find an address by its hash."""
        if "@" in search_term:
            return queryset.filter(email_hash=hash_email(search_term)), False
        return super().get_search_results(request, queryset, search_term)


class PauseFilter(admin.SimpleListFilter):
    title = _("pause")
    parameter_name = "pause"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("now", _("paused today"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "now":
            return queryset.filter(paused_until__gt=timezone.localdate())
        return queryset


class SubscriberActionView(ActionView):
    def get_url(self, subject: Any) -> str:
        """Return to the list after an erasure."""
        if Subscriber.objects.filter(pk=subject.pk).exists():
            return super().get_url(subject)
        return reverse("admin:newsletter_subscriber_changelist")


@admin.register(Subscriber)
class SubscriberAdmin(ReadOnlyAdmin):
    """Everyone who entered an email address. Staff act through services; no field is edited."""

    list_display = ["email", "name", "state_label", "topic_names", "country", "created_at"]
    list_filter = ["state", PauseFilter, "topics", "consents__source", "country"]
    search_fields = ["email", "name"]
    search_help_text = _("Email or name.")
    show_full_result_count = False
    ordering = ["-pk"]
    change_list_template = "admin/newsletter/subscribers.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("topics")

    @admin.display(description=_("State"), ordering="state")
    def state_label(self, subscriber: Subscriber) -> SafeString:
        """Return the state as a label; colour only repeats it."""
        label = format_html(
            '<span class="state state-subscriber-{}">{}</span>',
            subscriber.state,
            subscriber.get_state_display(),
        )
        if not subscriber.is_paused:
            return label
        until = _("paused until %s") % f"{subscriber.paused_until:%Y-%m-%d}"
        return format_html("{} <span>{}</span>", label, until)

    @admin.display(description=_("Topics"))
    def topic_names(self, subscriber: Subscriber) -> str:
        return ", ".join(topic.name for topic in subscriber.topics.all()) or "–"

    def get_urls(self) -> list[Any]:
        """Add our pages."""
        view, name = self.admin_site.admin_view, "newsletter_subscriber_"
        action = SubscriberActionView.as_view(model_admin=self, actions=ACTIONS)
        return [
            path("lookup/", view(self.lookup_view), name=f"{name}lookup"),
            path("export/", view(self.export_view), name=f"{name}export"),
            path("<int:pk>/data/", view(self.data_view), name=f"{name}data"),
            path("<int:pk>/<slug:name>/do/", view(action), name=f"{name}action"),
            *super().get_urls(),
        ]

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        """Log an action without the email address."""
        is_there = Subscriber.objects.filter(pk=obj.pk).exists()
        return log(request, message, obj.pk, CHANGE if is_there else DELETION)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show above the list how many there are in each state."""
        counts: dict[str, int] = dict(
            Subscriber.objects.order_by().values_list("state").annotate(Count("pk"))
        )
        extra = {
            "counts": [(counts.get(each.value, 0), each.label) for each in SubscriberState],
            "query": request.GET.urlencode(),
            "may_export": request.user.has_perm(EXPORT),
            "may_answer": request.user.has_perm(ANSWER),
        }
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show all that is known about a subscriber; there is no form to edit it."""
        self._require(request)
        rows = Subscriber.objects.select_related("user").prefetch_related("topics")
        one = rows.filter(pk=int(object_id)).first() if object_id.isdecimal() else None
        if one is None:
            raise Http404
        context = {
            "one": one,
            "title": one.email,
            "state_label": self.state_label(one),
            "actions": available_actions(request, ACTIONS, one),
            "may_export": request.user.has_perm(EXPORT),
            **_known(hash_email(one.email)),
            **_history(one),
        }
        return admin_page(self, request, "subscriber.html", context)

    def data_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Download all that is known about a subscriber, for them; POST only."""
        self._require(request, EXPORT)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        one = get_object_or_404(Subscriber, pk=pk)
        log(request, "Personal data downloaded", pk)
        response = JsonResponse(personal_data(one), json_dumps_params={"indent": 1})
        response["Content-Disposition"] = f'attachment; filename="subscriber-{pk}.json"'
        return response

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Download the list as it is filtered."""
        self._require(request, EXPORT)
        try:
            listed = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters as error:
            raise BadRequest("Invalid filter.") from error
        people = Subscriber.objects.filter(pk__in=listed.order_by().values("pk"))
        # a search may be an email address: the log says that there was one, not which
        by = ["a search" if name == "q" else name for name in sorted(request.GET)]
        narrowed = f", filtered by {', '.join(by)}" if by else ""
        log(request, f"Exported, {people.count()} in all{narrowed}")
        return csv_response(csv_export.export(people), f"subscribers-{timezone.localdate()}.csv")

    def lookup_view(self, request: HttpRequest) -> HttpResponse:
        """Find an address (POST), or perform an action about one that is not a subscriber's (POST
        with `action`)."""
        self._require(request, ANSWER)
        find = LookupForm(request.POST or None)
        context: dict[str, Any] = {"find": find, "title": _("Look up a subscriber")}
        if find.is_valid():
            email = find.cleaned_data["email"]
            if one := Subscriber.objects.filter(email=email).first():
                return _to_subscriber(one)
            new = Subscriber(email=email)
            form_class = LOOKUP_ACTIONS.get(request.POST.get("action", ""))
            form = form_class(request.POST, subject=new) if form_class else None
            if form and form.is_valid():
                messages.success(request, form.perform(cast("User", request.user)))
                one = Subscriber.objects.filter(email=email).first()
                log(request, form.title, one.pk if one else None)
                return _to_subscriber(one)
            context |= {"email": email, "actions": _lookup_actions(new, form)}
            context |= _known(hash_email(email))
        return admin_page(self, request, "lookup.html", context)

    def _require(self, request: HttpRequest, *permissions: str) -> None:
        if not (self.has_view_permission(request) and request.user.has_perms(permissions)):
            raise PermissionDenied


def _to_subscriber(one: Subscriber | None) -> HttpResponseRedirect:
    if one is None:
        return HttpResponseRedirect(reverse("admin:newsletter_subscriber_lookup"))
    return HttpResponseRedirect(reverse("admin:newsletter_subscriber_change", args=[one.pk]))


def _known(email_hash: str) -> dict[str, Any]:
    """Return the suppression and the consents of an address."""
    consents = Consent.objects.filter(email_hash=email_hash)
    return {
        "suppression": Suppression.objects.filter(email_hash=email_hash).first(),
        "consents": consents.select_related("version__policy"),
    }


def _lookup_actions(
    new: Subscriber, submitted: RequestForm | None
) -> list[tuple[str, RequestForm]]:
    """Return the forms for an unknown address; an invalid one with its errors."""
    return [
        (name, submitted if isinstance(submitted, form) else form(subject=new))
        for name, form in LOOKUP_ACTIONS.items()
        if form.is_available(new)
    ]


def _history(one: Subscriber) -> dict[str, Any]:
    """Return the latest events and deliveries, and how many deliveries are in each state."""
    deliveries = one.deliveries.order_by("-pk").select_related("campaign")
    counts = dict(deliveries.order_by().values_list("state").annotate(Count("pk")))
    labels = dict(deliveries.model._meta.get_field("state").flatchoices)
    return {
        "events": one.events.all()[:_LATEST],
        "deliveries": deliveries.only("state", "sent_at", "reason", "campaign__title")[:_LATEST],
        "counts": [(counts[state], label) for state, label in labels.items() if state in counts],
    }


@admin.register(Suppression)
class SuppressionAdmin(EmailHashAdmin):
    """Written by unsubscribing, bounces, complaints and staff."""

    list_display = ["short_hash", "reason", "note", "at"]
    list_filter = ["reason", "at"]
    fields = readonly_fields = ("email_hash", "reason", "note", "at")

    @admin.display(description=_("Email (SHA-256)"))
    def short_hash(self, row: Suppression) -> str:
        return f"{row.email_hash[:12]}…"
