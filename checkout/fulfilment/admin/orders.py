"""Orders for staff: a list to search, and a page with everything about one of them."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from accounts.mail.admin import MAY_RESEND
from checkout.fulfilment.admin import order_page
from checkout.fulfilment.admin.actions import ACTIONS
from checkout.order.models import Order
from checkout.order.numbers import SHORTEST_NUMBER, is_order_number
from checkout.order.states import OrderState
from checkout.payment.models import PaymentAttempt
from microflight.core.action_view import ActionView, available_actions
from microflight.core.admin_base import ChoiceFilter, ReadOnlyAdmin
from microflight.core.money import format_cents, format_money

MISHEARD = (
    "{} is not one of our order numbers: its last digit does not fit the others. One digit may "
    "be wrong, or two may have changed places. Please have it read out again."
)


class DeskFilter(ChoiceFilter):
    """What the order waits for."""

    title = "task"
    parameter_name = "desk"
    choices_with_conditions = (
        ("to-ship", "to ship", Q(pk__in=Order.objects.to_ship().values("pk"))),
        ("waits", "waits for stock", Q(pk__in=Order.objects.waiting_for_stock().values("pk"))),
        ("held", "held back", Q(status=OrderState.PLACED, held=True)),
        ("unpaid", "waiting for payment", Q(status=OrderState.PENDING)),
    )


class StateFilter(ChoiceFilter):
    """The state, in words."""

    title = "state"
    parameter_name = "state"
    choices_with_conditions = tuple(
        (state.value, state.label, Q(status=state.value)) for state in OrderState
    )


def _sum_of(column: str) -> Any:
    """Return a subquery: a column of an order's attempts, added up."""
    attempts = PaymentAttempt.objects.filter(order=OuterRef("pk")).order_by().values("order")
    return Subquery(attempts.annotate(sum=Sum(column)).values("sum"))


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """Orders are written by the checkout; staff act on them through services."""

    list_display = ["number", "state", "placed", "customer", "total", "money"]
    list_filter = [DeskFilter, StateFilter, "placed_at", "held"]
    search_fields = [
        "number",
        "guest_email",
        "user__email",
        "shipping_address__first_name",
        "shipping_address__last_name",
        "lines__partner_sku",
    ]
    search_help_text = "Number, name, e-mail or SKU."
    date_hierarchy = "placed_at"
    ordering = ["-pk"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Fetch what the list shows in one query."""
        return (
            super()
            .get_queryset(request)
            .select_related("shipping_address")
            .annotate(captured=_sum_of("captured_cents"), refunded=_sum_of("refunded_cents"))
        )

    # --- one order ---

    def get_urls(self) -> list[Any]:
        """Add the pages on which staff act."""
        orders = Order.objects.prefetch_related("attempts")
        view = ActionView.as_view(model_admin=self, actions=ACTIONS, queryset=orders)
        return [
            path(
                "<int:pk>/<slug:name>/do/",
                self.admin_site.admin_view(view),
                name="order_order_action",
            ),
            *super().get_urls(),
        ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Search, and say at once when a number was misheard on the telephone."""
        term = search_term.strip()
        if term.isdecimal() and len(term) >= SHORTEST_NUMBER and not is_order_number(term):
            messages.warning(request, MISHEARD.format(term))
        return super().get_search_results(request, queryset, search_term)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show everything about an order; there is no form to change it by hand."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        order = order_page.load(int(object_id)) if object_id.isdecimal() else None
        if order is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            **order_page.contents(order),
            "title": f"Order {order.number}",
            "opts": self.opts,
            "state": OrderState(order.status).label,
            "actions": available_actions(request, ACTIONS, order),
            "may_resend": request.user.has_perm(MAY_RESEND),
        }
        return TemplateResponse(request, "admin/order/order/page.html", context)

    # --- the list ---

    @admin.display(description="State", ordering="status")
    def state(self, order: Order) -> SafeString:
        """Return the state in words; colour only repeats them."""
        words = [(order.status, OrderState(order.status).label)]
        if order.held:
            words.append(("held", "Held back"))
        return format_html_join(" ", '<span class="state state-{}">{}</span>', words)

    @admin.display(description="Placed", ordering="placed_at")
    def placed(self, order: Order) -> str:
        """Return when the order was paid for, or a dash."""
        if order.placed_at is None:
            return "–"
        return date_format(localtime(order.placed_at), "j M Y, H:i")

    @admin.display(description="Customer", ordering="shipping_address__last_name")
    def customer(self, order: Order) -> SafeString:
        """Return the name on the parcel and the address that mails go to."""
        name = order.shipping_address.name if order.shipping_address else "–"
        return format_html('{}<br><span class="quiet">{}</span>', name, order.guest_email)

    @admin.display(description="Total", ordering="total_incl_tax")
    def total(self, order: Order) -> str:
        """Return dollars with tax."""
        return format_money(order.total_incl_tax)

    @admin.display(description="Taken / given back")
    def money(self, order: Any) -> str:
        """Return what was captured and refunded."""
        if order.refunded:
            return f"{format_cents(order.captured)} / {format_cents(order.refunded)}"
        return format_cents(order.captured) if order.captured else "–"
