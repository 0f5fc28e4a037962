"""The list of returns by what staff need to do next, and the page of one return."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView

from accounts.mail.models import Message
from checkout.returns.admin.forms import ACTIONS
from checkout.returns.emails import return_url
from checkout.returns.models import Return, ReturnLine, ReturnPhoto
from checkout.returns.states import ReturnState
from checkout.returns.views import serve_photo
from microflight.core.action_view import RecordAdmin
from microflight.core.admin_base import ChoiceFilter, admin_link, state_label


class TaskFilter(ChoiceFilter):
    """What staff need to do next."""

    title = _("to do")
    parameter_name = "task"
    choices_with_conditions = (
        ("to-answer", _("To answer"), Q(state=ReturnState.REQUESTED)),
        ("to-receive", _("To receive"), Q(state=ReturnState.APPROVED)),
        ("to-refund", _("To refund"), Q(state=ReturnState.RECEIVED)),
        (
            "to-answer-or-refund",
            _("To answer or refund"),
            Q(state__in=[ReturnState.REQUESTED, ReturnState.RECEIVED]),
        ),
    )


class StateFilter(ChoiceFilter):
    """The state of the return."""

    title = _("status")
    parameter_name = "state"
    choices_with_conditions = tuple(
        (state.value, state.label, Q(state=state.value)) for state in ReturnState
    )


def _requested_units() -> Any:
    lines = ReturnLine.objects.filter(parent=OuterRef("pk")).order_by().values("parent")
    return Subquery(lines.annotate(sum=Sum("quantity")).values("sum"))


@admin.register(Return)
class ReturnAdmin(RecordAdmin):
    """Customers request returns; staff act on them through services."""

    record_actions = ACTIONS
    record_template = "admin/returns/return/detail.html"
    old_action_urls = {"refuse/do": "decline"}
    list_display = ["number", "status", "order_link", "customer", "requested", "items"]
    list_filter = [TaskFilter, StateFilter, "requested_at"]
    list_select_related = ["order"]
    search_fields = ["order__number", "order__guest_email", "lines__line__partner_sku"]
    search_help_text = _("Order or return number, email or SKU.")
    date_hierarchy = "requested_at"
    ordering = ["-pk"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Fetch what the list shows in one query."""
        found = super().get_queryset(request)
        return found.annotate(unit_count=_requested_units(), photo_count=Count("photos"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Also search by return number: R100014-1 belongs to order 100014."""
        wanted = search_term.strip().upper()
        number, _, nth = wanted.removeprefix("R").partition("-")
        if wanted.startswith("R") and number.isdecimal() and len(nth) < 5 and nth.isdecimal():
            return queryset.filter(order__number=number, nth=nth), False
        return super().get_search_results(request, queryset, search_term)

    def get_urls(self) -> list[Any]:
        photo = self.admin_site.admin_view(self.photo_view)
        old_url = RedirectView.as_view(pattern_name="admin:returns_return_photo", permanent=True)
        return [
            path("photos/<uuid:key>/", photo, name="returns_return_photo"),
            path("pictures/<uuid:key>/", old_url),
            *super().get_urls(),
        ]

    def load_record(self, pk: int) -> Return | None:
        return Return.objects.select_related("order", "requested_by").filter(pk=pk).first()

    def record_context(self, request: HttpRequest, record: Return) -> dict[str, Any]:
        emails = Message.objects.filter(subject_id=f"return:{record.pk}")
        return {
            "title": gettext("Return %(number)s") % {"number": record.number},
            "ret": record,
            "order": record.order,
            "state": ReturnState(record.state).label,
            "lines": record.lines.with_options(),
            "photos": record.photos.all(),
            "events": record.events.select_related("by", "refund"),
            "emails": emails.defer("body_html", "body_text", "data"),
            "order_admin": reverse("admin:order_order_change", args=[record.order_id]),
            "customer_page": return_url(record),
        }

    def photo_view(self, request: HttpRequest, key: str) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return serve_photo(get_object_or_404(ReturnPhoto, key=key))

    # --- the list ---

    @admin.display(description=_("Status"), ordering="state")
    def status(self, ret: Return) -> SafeString:
        return state_label(f"return-{ret.state}", ReturnState(ret.state).label)

    @admin.display(description=_("Order"))
    def order_link(self, ret: Return) -> str:
        return admin_link(ret.order, ret.order.number)

    @admin.display(description=_("Requested"), ordering="requested_at")
    def requested(self, ret: Return) -> str:
        return date_format(localtime(ret.requested_at), "j M Y, H:i")

    @admin.display(description=_("Customer"))
    def customer(self, ret: Return) -> str:
        return str(ret.order.guest_email)

    @admin.display(description=_("Items"))
    def items(self, ret: Any) -> str:
        units = ret.unit_count or 0
        text = ngettext("%(number)d unit", "%(number)d units", units) % {"number": units}
        if count := ret.photo_count:
            photos = ngettext("%(number)d photo", "%(number)d photos", count) % {"number": count}
            text += f", {photos}"
        return text
