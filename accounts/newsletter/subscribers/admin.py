"""Subscribers and the suppression list in the admin."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from django.views.generic import RedirectView

from accounts.email_addresses import hash_email
from accounts.newsletter.subscribers import csv_export
from accounts.newsletter.subscribers.admin_forms import ACTIONS, ANSWER, LOOKUP_ACTIONS, LookupForm
from accounts.newsletter.subscribers.erasure import personal_data
from accounts.newsletter.subscribers.models import Consent, Subscriber, SubscriberState, Suppression
from accounts.users.models import User
from microflight.core.action_view import RecordAdmin
from microflight.core.admin_base import ReadOnlyAdmin, admin_page, state_label
from microflight.core.csv_files import csv_response

EXPORT = "newsletter.export_subscriber"
_LATEST = 50  # events and deliveries on a page


def log(request: HttpRequest, text: Any, pk: int | None = None, flag: int = CHANGE) -> LogEntry:
    """Log what was done. Subscribers are named by number: the log outlives their erasure."""
    return LogEntry.objects.create(
        user_id=cast(User, request.user).pk,
        content_type=ContentType.objects.get_for_model(Subscriber),
        object_id=None if pk is None else str(pk),
        object_repr="Subscribers" if pk is None else f"Subscriber {pk}",
        action_flag=flag,
        change_message=str(text),
    )


class EmailHashAdmin(ReadOnlyAdmin):
    """Finds rows that know an address only by its SHA-256, when it is entered whole."""

    search_fields = ("email_hash",)
    search_help_text = _("A whole email address: only its SHA-256 is stored.")
    show_full_result_count = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
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


class CountryFilter(admin.AllValuesFieldListFilter):
    """Countries; subscribers without one have an entry with a name."""

    def choices(self, changelist: Any) -> Any:
        """Return the entries of the filter."""
        for each in super().choices(changelist):
            yield {**each, "display": each["display"] or _("not specified")}


@admin.register(Subscriber)
class SubscriberAdmin(RecordAdmin):
    """Everyone who entered an email address. Staff act through services; no field is edited."""

    record_actions = ACTIONS
    record_template = "admin/newsletter/subscriber.html"
    old_action_urls = {"leave/do": "unsubscribe", "never/do": "do-not-contact"}
    list_display = ["email", "name", "state_label", "topic_names", "country", "created_at"]
    list_filter = ["state", PauseFilter, "topics", "consents__source", ("country", CountryFilter)]
    search_fields = ["email", "name"]
    search_help_text = _("Email or name.")
    show_full_result_count = False
    ordering = ["-pk"]
    change_list_template = "admin/newsletter/subscribers.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("topics")

    @admin.display(description=_("State"), ordering="state")
    def state_label(self, subscriber: Subscriber) -> SafeString:
        label = state_label(f"subscriber-{subscriber.state}", subscriber.get_state_display())
        if not subscriber.is_paused:
            return label
        until = _("paused until %s") % f"{subscriber.paused_until:%Y-%m-%d}"
        return format_html("{} <span>{}</span>", label, until)

    @admin.display(description=_("Topics"))
    def topic_names(self, subscriber: Subscriber) -> str:
        return ", ".join(topic.name for topic in subscriber.topics.all()) or "–"

    def get_urls(self) -> list[Any]:
        view, name = self.admin_site.admin_view, "newsletter_subscriber_"
        old_lookup = RedirectView.as_view(pattern_name=f"admin:{name}lookup", permanent=True)
        return [
            path("lookup/", view(self.lookup_view), name=f"{name}lookup"),
            path("wrote/", old_lookup),
            path("export/", view(self.export_view), name=f"{name}export"),
            path("<int:pk>/data/", view(require_POST(self.data_view)), name=f"{name}data"),
            *super().get_urls(),
        ]

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        """Log an action without the email address."""
        is_there = Subscriber.objects.filter(pk=obj.pk).exists()
        return log(request, message, obj.pk, CHANGE if is_there else DELETION)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show above the list how many there are in each state."""
        counts = dict(Subscriber.objects.order_by().values_list("state").annotate(Count("pk")))
        extra = {
            "counts": [(counts.get(each.value, 0), each.label) for each in SubscriberState],
            "query": request.GET.urlencode(),
            "may_export": request.user.has_perm(EXPORT),
            "may_answer": request.user.has_perm(ANSWER),
        }
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    def record_context(self, request: HttpRequest, record: Subscriber) -> dict[str, Any]:
        deliveries = record.deliveries.order_by("-pk").select_related("campaign")
        counts = dict(deliveries.order_by().values_list("state").annotate(Count("pk")))
        labels = dict(deliveries.model._meta.get_field("state").flatchoices)
        latest = deliveries.only("state", "sent_at", "reason", "campaign__title")[:_LATEST]
        return {
            "one": record,
            "title": record.email,
            "state_label": self.state_label(record),
            "may_export": request.user.has_perm(EXPORT),
            "events": record.events.all()[:_LATEST],
            "deliveries": latest,
            "counts": [(counts[each], labels[each]) for each in labels if each in counts],
            **_known(record.email),
        }

    def data_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Download all that is known about a subscriber, for them."""
        self._require(request, EXPORT)
        one = get_object_or_404(Subscriber, pk=pk)
        log(request, "Personal data downloaded", pk)
        headers = {"Content-Disposition": f'attachment; filename="subscriber-{pk}.json"'}
        return JsonResponse(personal_data(one), json_dumps_params={"indent": 1}, headers=headers)

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
                return redirect("admin:newsletter_subscriber_change", one.pk)
            new, name = Subscriber(email=email), request.POST.get("action", "")
            forms = {each: form(subject=new) for each, form in LOOKUP_ACTIONS.items()}
            if name in forms:
                forms[name] = form = LOOKUP_ACTIONS[name](request.POST, subject=new)
                if form.is_valid():
                    return self._perform(request, form)
            actions = [(each, form) for each, form in forms.items() if form.is_available(new)]
            context |= {"email": email, "actions": actions, **_known(email)}
        return admin_page(self, request, "admin/newsletter/lookup.html", context)

    def _perform(self, request: HttpRequest, form: Any) -> HttpResponse:
        messages.success(request, form.perform(cast(User, request.user)))
        one = Subscriber.objects.filter(email=form.subject.email).first()
        log(request, form.title, one.pk if one else None)
        if one is None:
            return redirect("admin:newsletter_subscriber_lookup")
        return redirect("admin:newsletter_subscriber_change", one.pk)

    def _require(self, request: HttpRequest, *permissions: str) -> None:
        if not (self.has_view_permission(request) and request.user.has_perms(permissions)):
            raise PermissionDenied


def _known(email: str) -> dict[str, Any]:
    """Return the suppression and the consents of an address."""
    rows = {"email_hash": hash_email(email)}
    return {
        "suppression": Suppression.objects.filter(**rows).first(),
        "consents": Consent.objects.filter(**rows).select_related("version__policy"),
    }


@admin.register(Suppression)
class SuppressionAdmin(EmailHashAdmin):
    """Written by unsubscribing, bounces, complaints and staff."""

    list_display = ["short_hash", "reason", "note", "at"]
    list_filter = ["reason", "at"]
    fields = ("email_hash", "reason", "note", "at")

    @admin.display(description=_("Email (SHA-256)"))
    def short_hash(self, row: Suppression) -> str:
        return f"{row.email_hash[:12]}…"
