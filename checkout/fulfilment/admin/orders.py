"""Orders in the admin: the list, the order page, and the pages of the actions."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.mail.admin import MAY_RESEND
from checkout.fulfilment.admin import order_page
from checkout.fulfilment.admin.actions import ACTIONS
from checkout.fulfilment.admin.printing import PrintingMixin
from checkout.order.models import Order
from checkout.order.numbers import SHORTEST_NUMBER, is_order_number
from checkout.order.states import OrderState
from checkout.payment.models import PaymentAttempt
from microflight.core.action_view import RecordAdmin
from microflight.core.admin_base import ChoiceFilter
from microflight.core.money import format_cents, format_money
from microflight.core.numbers import fold_digits
from microflight.core.tags import TagActionsMixin, TagFilter

INVALID_NUMBER = _(
    "%(number)s is not a valid order number: its check digit is wrong. One digit may be wrong, or "
    "two may be swapped. Please ask the customer to read it out again."
)


OPEN = (OrderState.PLACED, OrderState.PART_SHIPPED)


class TaskFilter(ChoiceFilter):
    """What has to be done next."""

    title = _("task")
    parameter_name = "task"
    choices_with_conditions: ClassVar[Sequence[tuple[str, Any, Any]]] = (
        ("to-ship", _("to ship"), Q(pk__in=Order.objects.to_ship().values("pk"))),
        ("backordered", _("backordered"), Q(pk__in=Order.objects.backordered().values("pk"))),
        ("on-hold", _("on hold"), Q(status__in=OPEN, on_hold=True)),
        ("released", _("released from hold"), Q(hold_released_at__isnull=False)),
        ("unpaid", _("payment pending"), Q(status=OrderState.PENDING)),
    )


class StateFilter(ChoiceFilter):
    """The state of the order."""

    title = _("state")
    parameter_name = "state"
    choices_with_conditions = tuple(
        (state.value, state.label, Q(status=state.value)) for state in OrderState
    )


def _sum_of(column: str) -> Any:
    """Return a subquery: the sum of a column of an order's payment attempts."""
    attempts = PaymentAttempt.objects.filter(order=OuterRef("pk")).order_by().values("order")
    return Subquery(attempts.annotate(sum=Sum(column)).values("sum"))


@admin.register(Order)
class OrderAdmin(PrintingMixin, TagActionsMixin, RecordAdmin):
    """Orders are created at checkout, and changed only by the actions on their page."""

    record_actions = ACTIONS
    record_template = "admin/order/order/detail.html"
    old_action_urls = {"take/do": "capture", "pieces/do": "cancel-items"}
    actions = ["print_pick_list", "print_packing_slips", "add_tags", "remove_tags"]
    list_display = [
        "number",
        "state",
        "placed",
        "customer",
        "total",
        "captured_and_refunded",
        "tag_chips",
    ]
    list_filter = [TaskFilter, StateFilter, TagFilter, "placed_at", "on_hold"]
    search_fields = [
        "number",
        "guest_email",
        "user__email",
        "shipping_address__first_name",
        "shipping_address__last_name",
        "billing_address__first_name",
        "billing_address__last_name",
        "lines__partner_sku",
    ]
    search_help_text = _("Order number, name, email or SKU.")
    date_hierarchy = "placed_at"
    ordering = ["-pk"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Fetch what the list shows in one query."""
        return (
            super()
            .get_queryset(request)
            .select_related("shipping_address", "billing_address")
            .annotate(captured=_sum_of("captured_cents"), refunded=_sum_of("refunded_cents"))
        )

    # --- one order ---

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Search, and warn about an order number with a typing error."""
        term = fold_digits(search_term).strip()
        if term.isdecimal() and len(term) >= SHORTEST_NUMBER and not is_order_number(term):
            messages.warning(request, INVALID_NUMBER % {"number": term})
        return super().get_search_results(request, queryset, term)

    def load_record(self, pk: int) -> Order | None:
        return order_page.load(pk)

    def record_context(self, request: HttpRequest, record: Order) -> dict[str, Any]:
        return {
            **order_page.page_context(record),
            "title": gettext("Order %(number)s") % {"number": record.number},
            "state": record.state_label,
            "may_resend": request.user.has_perm(MAY_RESEND),
        }

    # --- the list ---

    @admin.display(description=_("State"), ordering="status")
    def state(self, order: Order) -> SafeString:
        labels: list[tuple[str, Any]] = [(order.status, order.state_label)]
        if order.on_hold:
            labels.append(("on-hold", gettext("On hold")))
        return format_html_join(" ", '<span class="state state-{}">{}</span>', labels)

    @admin.display(description=_("Placed"), ordering="placed_at")
    def placed(self, order: Order) -> str:
        if order.placed_at is None:
            return "–"
        return date_format(localtime(order.placed_at), "j M Y, H:i")

    @admin.display(description=_("Customer"), ordering="shipping_address__last_name")
    def customer(self, order: Order) -> SafeString:
        """Return the name of the customer, and the email address."""
        name = order.customer_address.name if order.customer_address else "–"
        return format_html('{}<br><span class="quiet">{}</span>', name, order.guest_email)

    @admin.display(description=_("Total"), ordering="total_incl_tax")
    def total(self, order: Order) -> str:
        return format_money(order.total_incl_tax)

    @admin.display(description=_("Captured / refunded"))
    def captured_and_refunded(self, order: Any) -> str:
        if order.refunded:
            return f"{format_cents(order.captured)} / {format_cents(order.refunded)}"
        return format_cents(order.captured) if order.captured else "–"
