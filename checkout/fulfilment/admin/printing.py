"""Staff print pick lists and packing slips, from the list of orders and from an order."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

import microflight.core.url_converters  # noqa: F401 (registers `row`)
from checkout.documents import slips
from checkout.documents.customs_form import customs_form
from checkout.documents.models import CustomsDeclaration
from checkout.documents.printing import country_of
from checkout.fulfilment.admin.ship_grid import ids_in
from checkout.order.models import Order, ShippingEvent
from microflight.core import pdf_document
from microflight.core.pdf_document import Document
from microflight.core.typst_pdf import CannotPrint

#: Orders on one pick list or in one file of packing slips.
MOST_ORDERS = 100


class PrintingMixin(admin.ModelAdmin):
    """Adds the list's actions, and the PDFs below an order's page. `?paper=` chooses the paper."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("print/", view(self.print_view), name="order_order_print"),
            path(
                "<int:pk>/packing-slip/", view(self.packing_slip), name="order_order_packing_slip"
            ),
            path(
                "shipments/<int:pk>/packing-slip/",
                view(self.shipment_packing_slip),
                name="order_order_shipment_packing_slip",
            ),
            path(
                "shipments/<row:pk>/customs-form/",
                view(self.customs_form),
                name="order_order_customs_form",
            ),
            *super().get_urls(),
        ]

    @admin.action(description=_("Print pick list"), permissions=["view"])
    def print_pick_list(self, request: HttpRequest, orders: QuerySet[Order]) -> Any:
        """Return one list for all selected orders."""
        if selected := self._selected(request, orders):
            return _printed(request, slips.pick_list(selected), "pick-list.pdf")
        return None

    @admin.action(description=_("Print packing slips"), permissions=["view"])
    def print_packing_slips(self, request: HttpRequest, orders: QuerySet[Order]) -> Any:
        """Return a packing slip for each selected order, with what can ship now."""
        if selected := self._selected(request, orders):
            return _printed(request, slips.packing_slips(selected), "packing-slips.pdf")
        return None

    def _selected(self, request: HttpRequest, orders: QuerySet[Order]) -> list[Order]:
        """Return the selected orders that have something to ship, oldest first."""
        open_orders = Order.objects.open().filter(pk__in=orders.values("pk"))
        rows = open_orders.select_related("shipping_address__country").order_by("pk")
        selected = list(rows[: MOST_ORDERS + 1])
        if not selected:
            messages.error(request, gettext("Nothing is left to ship in these orders."))
        elif len(selected) > MOST_ORDERS:
            text = ngettext(
                "Select %(count)d order.", "Select at most %(count)d orders.", MOST_ORDERS
            )
            messages.error(request, text % {"count": MOST_ORDERS})
            return []
        return selected

    @admin.action(description=_("Print pick list and packing slips"), permissions=["view"])
    def print_both(self, request: HttpRequest, orders: QuerySet[Order]) -> Any:
        """Return the pick list and the packing slips of all selected orders in one file."""
        if selected := self._selected(request, orders):
            return _printed(request, slips.pick_list_and_slips(selected), "orders-to-ship.pdf")
        return None

    def print_view(self, request: HttpRequest) -> HttpResponse:
        """Return the same for `?orders=` with their IDs."""
        self._require_view_permission(request)
        orders = Order.objects.filter(pk__in=ids_in(request.GET.get("orders", "")))
        return self.print_both(request, orders) or redirect("admin:order_order_changelist")

    def packing_slip(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the packing slip of an order: what can ship now."""
        self._require_view_permission(request)
        order = get_object_or_404(Order.objects.select_related("shipping_address__country"), pk=pk)
        name = f"packing-slip-{order.number}.pdf"
        return _printed(request, slips.packing_slips([order]), name, country_of(order))

    def shipment_packing_slip(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._require_view_permission(request)
        shipments = ShippingEvent.objects.select_related("order__shipping_address__country")
        shipment = get_object_or_404(shipments, pk=pk)
        name = f"packing-slip-{shipment.order.number}-{shipment.pk}.pdf"
        return _printed(request, slips.packing_slip_of(shipment), name, country_of(shipment.order))

    def customs_form(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._require_view_permission(request)
        rows = CustomsDeclaration.objects.select_related("shipment__order")
        declaration = get_object_or_404(rows, shipment=pk)
        name = f"customs-{declaration.shipment.order.number}-{pk}.pdf"
        country = declaration.content["country"]
        return _printed(request, customs_form(declaration), name, country)

    def _require_view_permission(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def _printed(
    request: HttpRequest, document: Document, filename: str, country: str = "CA"
) -> HttpResponse:
    """Return a PDF, or to the list of orders with the reason why there is none."""
    paper = pdf_document.paper_for(country, request.GET.get("paper", ""))
    try:
        return pdf_document.response(pdf_document.render(document, paper), filename)
    except CannotPrint as error:
        text = gettext("This cannot be printed: %(problem)s.")
        messages.error(request, text % {"problem": error})
        return redirect("admin:order_order_changelist")
