"""Ship several orders on one page. Each is its own transaction: if the payment of one cannot be
captured, the others are shipped."""

import time
import uuid
from typing import Any, cast

from django.contrib import admin, messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.users.models import User
from checkout.fulfilment.admin.forms import RefundForm, authorized_cents
from checkout.fulfilment.admin.parcel_forms import (
    MOST_PARCELS,
    OPTIONAL,
    REQUIRED,
    ParcelFile,
    ParcelForm,
    forms_of_file,
    orders_to_ship,
    parcel_forms,
)
from checkout.order.models import Order
from microflight.core.action_view import SUBMITTED_BEFORE, SUBMITTED_FOR
from microflight.core.admin_base import admin_page
from microflight.core.errors import ServiceError
from microflight.core.money import format_cents

#: Seconds after which no further parcel is started, so that the page answers.
MOST_SECONDS = 15


def ids_in(text: str) -> list[int]:
    """Return the IDs in text such as `12,14`; what is none is left out."""
    parts = text[:2000].split(",")[:MOST_PARCELS]
    return [int(each) for each in parts if each.isascii() and each.isdecimal() and len(each) < 19]


def _hide_refunds(request: HttpRequest, rows: list[ParcelForm]) -> None:
    """Offer refunds of shipping only to staff who may refund."""
    if not RefundForm.is_permitted(request.user):
        for row in rows:
            row.fields.pop("refund_shipping", None)


class ShipGridMixin(admin.ModelAdmin):
    """Adds the page to the list of orders."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.ship_view)
        return [path("ship/", view, name="order_order_ship"), *super().get_urls()]

    def has_ship_permission(self, request: HttpRequest) -> bool:
        """Tell whether this staff member may create shipments."""
        may_ship = request.user.has_perm(ParcelForm.permission)
        return may_ship and self.has_view_permission(request)

    @admin.action(description=_("Ship…"), permissions=["ship"])
    def ship_selected(self, request: HttpRequest, orders: QuerySet[Order]) -> Any:
        """Open the grid for the selected orders."""
        selected = orders_to_ship(pk__in=orders.order_by().values("pk"))
        if not selected:
            messages.error(request, gettext("Nothing is left to ship in these orders."))
            return None
        if orders.count() > MOST_PARCELS:
            text = gettext("Only the oldest of the selected orders are shown, at most %(most)d.")
            messages.warning(request, text % {"most": MOST_PARCELS})
        ids = ",".join(str(order.pk) for order in selected)
        return HttpResponseRedirect(f"{reverse('admin:order_order_ship')}?orders={ids}")

    def ship_view(self, request: HttpRequest) -> HttpResponse:
        """Show the grid (GET), fill it from a file, or ship what is entered (POST)."""
        if not self.has_ship_permission(request):
            raise PermissionDenied
        if "upload" in request.POST:
            return self._show_file(request)
        ids = (request.POST if request.method == "POST" else request.GET).get("orders", "")
        orders = orders_to_ship(pk__in=ids_in(ids))
        if request.method != "POST":
            return self._show_grid(request, parcel_forms(orders))
        page = request.POST.get("once", "")[:36]
        if not cache.add(f"ship-grid:{request.user.pk}:{page}", 1, SUBMITTED_FOR):
            messages.info(request, SUBMITTED_BEFORE)
            return self._show_grid(request, parcel_forms(orders))
        rows = parcel_forms(orders, request.POST)
        _hide_refunds(request, rows)
        left = self._ship(request, rows)
        if left:
            return self._show_grid(request, left)
        return HttpResponseRedirect(f"{reverse('admin:order_order_changelist')}?task=to-ship")

    def _show_file(self, request: HttpRequest) -> HttpResponse:
        """Show what a file would ship: nothing is shipped before the grid is submitted."""
        upload = ParcelFile(request.POST, request.FILES)
        if not upload.is_valid():
            return self._show_grid(request, [], upload=upload)
        rows, problems = forms_of_file(upload.cleaned_data["file"])
        return self._show_grid(request, rows, problems=problems, is_dry_run=True)

    def _ship(self, request: HttpRequest, rows: list[ParcelForm]) -> list[ParcelForm]:
        """Ship the valid rows one by one, with a message for each; return the other rows."""
        end, left = time.monotonic() + MOST_SECONDS, []
        for row in rows:
            if not row.has_changed() or not row.is_valid():
                left.append(row)
            elif row.is_together and row.first in left:
                row.add_error(None, gettext("Not shipped: the parcel is in the row above."))
                left.append(row)
            elif time.monotonic() > end:
                row.add_error(None, gettext("Not shipped yet: this took too long. Submit again."))
                left.append(row)
            elif not self._ship_row(request, row):
                left.append(row)
        for row in left:
            if row.first and row.first not in left:
                row.separate()
        if failed := sum(bool(row.errors) for row in left):
            text = ngettext(
                "%(count)d order was not shipped: see below.",
                "%(count)d orders were not shipped: see below.",
                failed,
            )
            messages.error(request, text % {"count": failed})
        return left

    def _ship_row(self, request: HttpRequest, row: ParcelForm) -> bool:
        """Ship a valid row, or add the error to it."""
        try:
            done = row.perform(cast(User, request.user))
        except ServiceError as error:
            field = error.field if error.field in row.fields else None
            row.add_error(field, list(error.texts))
            return False
        self.log_change(request, row.order, f"{row.title}: {done}")
        messages.success(request, f"{row.subject_name}: {done}")
        return True

    def _show_grid(
        self, request: HttpRequest, rows: list[ParcelForm], **context: Any
    ) -> HttpResponse:
        _hide_refunds(request, rows)
        due = sum(authorized_cents(row.order) or 0 for row in rows)
        context = {
            "title": gettext("Ship orders"),
            "rows": rows,
            "ids": ",".join(str(row.order.pk) for row in rows),
            "due": format_cents(due) if due else "",
            "once": uuid.uuid4(),
            "upload": ParcelFile(),
            "columns": (*REQUIRED, *OPTIONAL),
            "most": MOST_PARCELS,
            **context,
        }
        return admin_page(self, request, "admin/order/order/ship.html", context)
