"""Selected orders as CSV."""

from collections.abc import Iterator
from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.staff import audit_log
from accounts.users.models import User
from checkout.fulfilment.admin.order_columns import item_names
from checkout.order.models import Order
from microflight.core.csv_files import csv_lines, csv_response
from microflight.core.tags import tag_list

COLUMNS = (
    "order", "placed", "state", "name", "email", "phone", "city", "province", "postal_code",
    "country", "service", "items", "total_cad", "tags",
)  # fmt: skip


class ExportMixin(admin.ModelAdmin):
    """Adds the action to the list. The file has the contact data of many people, so to see orders
    is not enough."""

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Tell whether this staff member may export orders."""
        return request.user.has_perm("order.export_order")

    @admin.action(description=_("Export as CSV"), permissions=["export"])
    def export_csv(self, request: HttpRequest, orders: QuerySet[Order]) -> Any:
        """Stream the selected orders, in the order of the list, and log that."""
        count = orders.count()
        text = ngettext("Exported %(count)d order.", "Exported %(count)d orders.", count)
        audit_log.record(request.user, cast(User, request.user), text % {"count": count})
        name = f"orders-{localdate():%Y-%m-%d}.csv"
        return csv_response(csv_lines(_rows(orders), COLUMNS), name)


def _rows(orders: QuerySet[Order]) -> Iterator[tuple[Any, ...]]:
    for order in orders.iterator(chunk_size=500):
        address = order.customer_address
        place = ("line4", "state", "postcode", "country_id")
        yield (
            order.number,
            localtime(order.placed_at) if order.placed_at else "",
            order.state_label,
            address.name if address else "",
            order.guest_email,
            getattr(address, "phone_number", ""),
            *(getattr(address, name, "") for name in place),
            order.shipping_method,
            item_names(order),
            order.total_incl_tax,
            ", ".join(tag_list(order.tags)),
        )
