"""Returns for staff: a list by what they wait for, and a page with everything about one."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from accounts.mail.models import Message
from checkout.order.links import status_url
from checkout.returns.admin.forms import ACTIONS
from checkout.returns.emails import return_url
from checkout.returns.models import Return, ReturnLine, ReturnPicture
from checkout.returns.states import ReturnState
from checkout.returns.views import serve
from microflight.core.action_view import ActionView, available_actions
from microflight.core.admin_base import ChoiceFilter, ReadOnlyAdmin, admin_link


class TaskFilter(ChoiceFilter):
    """What a return waits for."""

    title = "task"
    parameter_name = "task"
    choices_with_conditions = (
        ("to-answer", "to answer", Q(state=ReturnState.ASKED)),
        ("to-receive", "to receive", Q(state=ReturnState.APPROVED)),
        ("to-refund", "to refund", Q(state=ReturnState.RECEIVED)),
        ("for-us", "to answer or refund", Q(state__in=[ReturnState.ASKED, ReturnState.RECEIVED])),
    )


class StateFilter(ChoiceFilter):
    """The state, in words."""

    title = "state"
    parameter_name = "state"
    choices_with_conditions = tuple(
        (state.value, state.label, Q(state=state.value)) for state in ReturnState
    )


def _sum_of_pieces() -> Any:
    """A subquery: how many pieces a return asks for."""
    lines = ReturnLine.objects.filter(parent=OuterRef("pk")).order_by().values("parent")
    return Subquery(lines.annotate(sum=Sum("quantity")).values("sum"))


@admin.register(Return)
class ReturnAdmin(ReadOnlyAdmin):
    """Returns are asked for by customers; staff act on them through services."""

    list_display = ["number", "state_in_words", "order_link", "customer", "asked", "goods"]
    list_filter = [TaskFilter, StateFilter, "asked_at"]
    list_select_related = ["order"]
    search_fields = ["order__number", "order__guest_email", "lines__line__partner_sku"]
    search_help_text = "Number of the order, e-mail or SKU."
    date_hierarchy = "asked_at"
    ordering = ["-pk"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Fetch what the list shows in one query."""
        found = super().get_queryset(request)
        return found.annotate(pieces=_sum_of_pieces(), picture_count=Count("pictures"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Find a return by its own number too: R100014-1 is one of order 100014."""
        wanted = search_term.strip().upper()
        number, _, nth = wanted.removeprefix("R").partition("-")
        if wanted.startswith("R") and number.isdecimal() and len(nth) < 5 and nth.isdecimal():
            return queryset.filter(order__number=number, nth=nth), False
        return super().get_search_results(request, queryset, search_term)

    def get_urls(self) -> list[Any]:
        """Add the pages on which staff act, and the pictures."""
        wrap = self.admin_site.admin_view
        view = ActionView.as_view(model_admin=self, actions=ACTIONS)
        return [
            path("<int:pk>/<slug:name>/do/", wrap(view), name="returns_return_action"),
            path("pictures/<uuid:key>/", wrap(self.picture_view), name="returns_return_picture"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show everything about a return; there is no form to change it by hand."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = Return.objects.select_related("order", "asked_by")
        ret = found.filter(pk=int(object_id)).first() if object_id.isdecimal() else None
        if ret is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            **_contents(ret),
            "title": f"Return {ret.number}",
            "opts": self.opts,
            "actions": available_actions(request, ACTIONS, ret),
        }
        return TemplateResponse(request, "admin/returns/return/page.html", context)

    def picture_view(self, request: HttpRequest, key: str) -> HttpResponseBase:
        """Hand out one picture."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return serve(get_object_or_404(ReturnPicture, key=key))

    # --- the list ---

    @admin.display(description="State", ordering="state")
    def state_in_words(self, ret: Return) -> SafeString:
        """Return the state in words; colour only repeats them."""
        label = ReturnState(ret.state).label
        return format_html('<span class="state state-return-{}">{}</span>', ret.state, label)

    @admin.display(description="Order")
    def order_link(self, ret: Return) -> str:
        """Return a link to the order."""
        return admin_link(ret.order, ret.order.number)

    @admin.display(description="Asked for", ordering="asked_at")
    def asked(self, ret: Return) -> str:
        """Return when, in Saskatoon."""
        return date_format(localtime(ret.asked_at), "j M Y, H:i")

    @admin.display(description="Customer")
    def customer(self, ret: Return) -> str:
        """Return the address that mails go to."""
        return str(ret.order.guest_email)

    @admin.display(description="Goods")
    def goods(self, ret: Any) -> str:
        """Return how many pieces and pictures there are."""
        pieces = ret.pieces or 0
        words = f"{pieces} piece{'' if pieces == 1 else 's'}"
        if ret.picture_count:
            words += f", {ret.picture_count} picture{'' if ret.picture_count == 1 else 's'}"
        return words


def _contents(ret: Return) -> dict[str, Any]:
    """The parts of a return's page by name."""
    return {
        "ret": ret,
        "order": ret.order,
        "state": ReturnState(ret.state).label,
        "lines": ret.lines.select_related("line"),
        "pictures": ret.pictures.all(),
        "events": ret.events.select_related("by", "movement"),
        "pieces": ret.lines.aggregate(sum=Sum("quantity"))["sum"],
        "mails": Message.objects.filter(subject_id=f"return:{ret.pk}").defer(
            "body_html", "body_text", "data"
        ),
        "order_admin": reverse("admin:order_order_change", args=[ret.order_id]),
        "customers_page": return_url(ret),
        "customers_order": status_url(ret.order),
    }
