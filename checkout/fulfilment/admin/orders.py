"""Orders in the admin: the list, the order page, and the pages of the actions."""

import unicodedata
from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.mail.admin import MAY_RESEND
from checkout.fulfilment.admin import order_page
from checkout.fulfilment.admin.actions import ACTIONS, BUTTONS
from checkout.fulfilment.admin.order_columns import OrderColumns, with_columns
from checkout.fulfilment.admin.order_export import ExportMixin
from checkout.fulfilment.admin.printing import PrintingMixin
from checkout.fulfilment.admin.ship_grid import ShipGridMixin
from checkout.order import search
from checkout.order.models import Order
from checkout.order.states import OrderState
from microflight.core.action_view import Action, RecordAdmin
from microflight.core.admin_base import ChoiceFilter
from microflight.core.numbers import fold_digits
from microflight.core.tags import TagActionsMixin, TagFilter, tag_list

INVALID_NUMBER = _(
    "%(number)s is not a valid order number: its check digit is wrong. One digit may be wrong, or "
    "two may be swapped. Orders with a similar number are listed; or ask the customer to read it "
    "out again."
)


OPEN = (OrderState.PLACED, OrderState.PART_SHIPPED)
#: Tasks whose orders are served in the order in which they were placed.
OLDEST_FIRST = ("to-ship", "backordered", "on-hold", "released")


class TaskFilter(ChoiceFilter):
    """What has to be done next."""

    title = _("task")
    parameter_name = "task"
    choices_with_conditions: ClassVar[Sequence[tuple[str, Any, Any]]] = (
        ("to-ship", _("to ship"), Q(pk__in=Order.objects.to_ship().values("pk"))),
        ("backordered", _("backordered"), Q(pk__in=Order.objects.backordered().values("pk"))),
        ("on-hold", _("on hold"), Q(status__in=OPEN) & (Q(on_hold=True) | ~Q(staff_hold=""))),
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


def _typed(text: str) -> str:
    """Return what was typed, with ASCII digits and without "#"."""
    return fold_digits(unicodedata.normalize("NFKC", text)).strip().lstrip("# ")


@admin.register(Order)
class OrderAdmin(
    OrderColumns, ShipGridMixin, PrintingMixin, ExportMixin, TagActionsMixin, RecordAdmin
):
    """Orders are created at checkout, and changed only by the actions on their page."""

    record_actions = ACTIONS
    record_template = "admin/order/order/detail.html"
    old_action_urls = {"take/do": "capture", "pieces/do": "cancel-items"}
    actions = [
        "ship_selected",
        "print_both",
        "print_pick_list",
        "print_packing_slips",
        "add_tags",
        "remove_tags",
        "export_csv",
    ]
    list_display = [
        "number", "state", "placed", "customer", "items", "ship_to", "total", "tag_chips",
    ]  # fmt: skip
    list_filter = [TaskFilter, StateFilter, TagFilter, "placed_at", "on_hold"]
    search_fields = ["number"]  # shows the search box; see `get_search_results`
    search_help_text = _(
        "Number, name, email, phone, city, postal code, SKU, product or tracking number."
    )
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """Fetch what the list shows, but not for other searches of orders."""
        orders, match = super().get_queryset(request), request.resolver_match
        is_list = match is not None and match.url_name == "order_order_changelist"
        return with_columns(orders) if is_list else orders

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list; warn about an order number with a typing error."""
        term = _typed(request.GET.get("q", ""))
        if search.is_mistyped_number(term):
            messages.warning(request, INVALID_NUMBER % {"number": term[:20]})
        return super().changelist_view(request, extra_context)

    def get_ordering(self, request: HttpRequest) -> Any:
        """Show the oldest first among orders that wait, else the newest."""
        return ["pk"] if request.GET.get(TaskFilter.parameter_name) in OLDEST_FIRST else ["-pk"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        """Search, see `checkout.order.search`."""
        return queryset.filter(search.matching(_typed(search_term))), False

    def available_actions(self, request: HttpRequest, subject: Any) -> list[Action]:
        """Return the actions in the order in which staff need them."""
        place = {name: number for number, name in enumerate(BUTTONS)}
        actions = super().available_actions(request, subject)
        return sorted(actions, key=lambda action: place.get(action.name, len(BUTTONS)))

    def load_record(self, pk: int) -> Order | None:
        return order_page.load(pk)

    def record_context(self, request: HttpRequest, record: Order) -> dict[str, Any]:
        return {
            **order_page.page_context(record),
            "title": gettext("Order %(number)s") % {"number": record.number},
            "state": record.state_label,
            "tags": tag_list(record.tags),
            "may_resend": request.user.has_perm(MAY_RESEND),
        }
