"""Orders in the admin, with what staff do to the orders that they take."""

import re
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.users.models import User
from checkout.deadlines.schedule import at_risk, deadline_of
from checkout.fulfilment.admin.actions import ACTIONS
from checkout.fulfilment.admin.orders import OPEN, OrderAdmin, StateFilter, TaskFilter
from checkout.offline.admin.draft_forms import (
    ChangeCustomerForm,
    ItemsForm,
    NewOrderForm,
    ShippingAndDiscountForm,
)
from checkout.offline.admin.forms import (
    AcceptOrderForm,
    ChangeQuoteForm,
    RecordPaymentForm,
    SendQuoteForm,
)
from checkout.order.models import Order
from checkout.order.numbers import is_order_number
from checkout.order.shipping_blocks import shipping_block
from checkout.order.staff_fields import Channel
from checkout.order.states import OrderState
from checkout.placement.drafts import changes_since_written, is_order_form
from microflight.core.admin_base import admin_page
from microflight.core.numbers import fold_digits
from microflight.core.tags import TagFilter
from policies.opening.calendars import load

admin.site.unregister(Order)


class StaffTaskFilter(TaskFilter):
    """What has to be done next, also to orders that staff take."""

    choices_with_conditions = (
        *TaskFilter.choices_with_conditions,
        ("drafts", _("drafts"), Q(status=OrderState.DRAFT)),
        (
            "awaiting-payment",
            _("awaiting a cheque or another payment"),
            Q(status=OrderState.PENDING) & ~Q(channel=Channel.ONLINE),
        ),
        ("at-risk", _("may ship late"), lambda: Q(pk__in=at_risk(load()).values("pk"))),
    )


@admin.register(Order)
class StaffOrderAdmin(OrderAdmin):
    """Orders of checkout, and those that staff take."""

    record_actions = {
        "accept": AcceptOrderForm,
        "items": ItemsForm,
        "customer": ChangeCustomerForm,
        "shipping": ShippingAndDiscountForm,
        "quote": SendQuoteForm,
        "payment": RecordPaymentForm,
        "reopen": ChangeQuoteForm,
        **ACTIONS,
    }
    list_filter = [StaffTaskFilter, StateFilter, "channel", TagFilter, "placed_at", "on_hold"]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Open the order whose number was typed or scanned; a typing error gets a warning."""
        number = re.sub(r"[\s#-]", "", fold_digits(request.GET.get("q", "")))
        if is_order_number(number) and self.has_view_permission(request):
            order = Order.objects.filter(number=number).first()
            if order is not None:
                return HttpResponseRedirect(self.page_url(order))
        return super().changelist_view(request, extra_context)

    def record_context(self, request: HttpRequest, record: Order) -> dict[str, Any]:
        """Add the deadline; to a draft, what has changed since it was written."""
        context = super().record_context(request, record) | {
            "deadline": deadline_of(record),
            "shipping_block": shipping_block(record) if record.status in OPEN else "",
        }
        if record.status == OrderState.DRAFT:
            context["changes"] = changes_since_written(record)
            context["is_order_form"] = is_order_form(record)
        return context

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Tell whether this staff member may take orders."""
        return bool(request.user.has_perm("order.take_order"))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Ask for the customer, and create a draft."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewOrderForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            draft = form.create(cast(User, request.user))
            self.log_addition(request, draft, gettext("Created a draft."))
            messages.success(request, gettext("Now add items to the draft."))
            return HttpResponseRedirect(self.page_url(draft))
        context = {
            "title": gettext("New order"),
            "list_url": self.list_url(),
            "form": form,
        }
        return admin_page(self, request, "admin/order/order/new.html", context)
