"""The admin of stock: the levels of all products, most urgent first, each with its ledger."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, F, Q, QuerySet, Sum, Window
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView

from catalog.partner import ledger
from catalog.partner.admin.ledger import reference_link, signed
from catalog.partner.admin.stock_forms import ACTIONS, MAX_ROWS, STOCK_FORMS, StockForm
from catalog.partner.admin.stock_rows import Rows, requested_rows, too_many_rows
from catalog.partner.kit_stock import available_kits
from catalog.partner.models import StockMovement, StockRecord
from catalog.partner.stock_levels import (
    BACKORDERED,
    BY_URGENCY,
    DEFAULT_THRESHOLD,
    LOW_STOCK,
    OUT_OF_STOCK,
    with_levels,
)
from microflight.core.action_view import ActionAdmin
from microflight.core.admin_base import ChoiceFilter, NamedRowsMixin, ReadOnlyAdmin, admin_page
from microflight.core.pagination import read_page

if TYPE_CHECKING:
    from accounts.users.models import User

LEDGER_PAGE = 50  # movements on one page of a record


class LevelFilter(ChoiceFilter):
    """Records that need attention."""

    title = _("level")
    parameter_name = "stock"
    choices_with_conditions = (
        ("low", _("low, out of stock or backordered"), LOW_STOCK & Q(product__is_public=True)),
        ("backordered", _("backordered"), BACKORDERED),
        ("out", _("out of stock"), OUT_OF_STOCK),
        ("backorder", _("backorder allowed"), Q(backorder=True)),
        ("expected", _("incoming"), Q(expected_on__isnull=False)),
    )


@admin.register(StockRecord)
class StockRecordAdmin(NamedRowsMixin, ActionAdmin, ReadOnlyAdmin):
    """Stock levels, read-only: the stock forms change them."""

    record_actions = ACTIONS
    list_display = [
        "sku",
        "on_hand",
        "committed",
        "available",
        "backordered",
        "requests",
        "threshold",
        "incoming",
    ]
    list_display_links = ["sku"]
    list_filter = [LevelFilter, "partner"]
    search_fields = ["partner_sku", "product__title", "product__parent__title"]
    search_help_text = _("SKU or title.")
    list_select_related = ["product__product_class", "product__parent__product_class"]
    show_full_result_count = False
    actions = ["receive", "count"]
    change_form_template = "admin/partner/stockrecord/record.html"
    change_list_template = "admin/partner/stockrecord/list.html"
    fields = ("partner_sku",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Annotate what the list and the page show."""
        requests = Count(
            "product__back_in_stock_requests",
            filter=Q(product__back_in_stock_requests__state="requested"),
        )
        records = StockRecord.objects.annotate(
            requests=requests, available_kits=available_kits("product_id")
        )
        return with_levels(records)

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """List the most urgent first, unless staff click a column."""
        return list(BY_URGENCY)

    def row_name(self, obj: Any) -> str:
        """Return the SKU."""
        return obj.partner_sku

    @admin.display(description=_("Product"), ordering="partner_sku")
    def sku(self, record: StockRecord) -> SafeString:
        """Return SKU and title; a variant without a title has its product's."""
        title = record.product.get_title()
        return format_html('{}<br><span class="quiet">{}</span>', record.partner_sku, title)

    @admin.display(description=_("On hand"), ordering="num_in_stock")
    def on_hand(self, record: StockRecord) -> int:
        """Return the quantity on hand."""
        return record.num_in_stock or 0

    @admin.display(description=_("Committed"), ordering="num_allocated")
    def committed(self, record: StockRecord) -> int:
        """Return the quantity committed to orders."""
        return record.num_allocated or 0

    @admin.display(description=_("Available"), ordering="available")
    def available(self, record: Any) -> int | str:
        """Return the quantity that can be sold now."""
        if record.product.is_kit:
            number = max(0, record.available_kits or 0)
            return gettext("%(number)s (kit)") % {"number": number}
        return max(0, record.available) if record.product.tracks_stock else gettext("not tracked")

    @admin.display(description=_("Backordered"), ordering="backordered")
    def backordered(self, record: Any) -> str:
        """Return the quantity that is committed but not on hand."""
        return str(record.backordered) if record.backordered else "–"

    @admin.display(description=_("Back-in-stock requests"), ordering="requests")
    def requests(self, record: Any) -> str:
        """Return how many customers want to be notified."""
        return str(record.requests) if record.requests else "–"

    @admin.display(description=_("Low-stock threshold"), ordering="low_stock_threshold")
    def threshold(self, record: Any) -> SafeString | str:
        """Return the threshold, and whether it is reached."""
        at = record.low_stock_threshold
        text = gettext("%(n)s (default)") % {"n": DEFAULT_THRESHOLD} if at is None else str(at)
        if record.above_threshold is None:  # not tracked
            return "–"
        if record.above_threshold > 0:
            return text
        state = gettext("out of stock") if record.available <= 0 else gettext("low")
        return format_html('{} <span class="state state-backordered">{}</span>', text, state)

    @admin.display(description=_("Incoming"), ordering="expected_on")
    def incoming(self, record: StockRecord) -> str:
        """Return the date of the next delivery, and whether backorder is allowed."""
        day = date_format(record.expected_on, "DATE_FORMAT") if record.expected_on else "–"
        return f"{day}, {gettext('backorder')}" if record.backorder else day

    # --- one record ---

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show levels and ledger of one record."""
        record = self.get_object(request, object_id)
        extra = {**(extra_context or {})}
        if record is not None and self.has_view_permission(request, record):
            extra |= self._record_context(request, record)
        return super().change_view(request, object_id, form_url, extra)

    def _record_context(self, request: HttpRequest, record: Any) -> dict[str, Any]:
        rows = StockMovement.objects.filter(stockrecord=record.pk).annotate(
            on_hand_level=Window(Sum("on_hand_change"), order_by=F("pk").asc()),
            committed_level=Window(Sum("committed_change"), order_by=F("pk").asc()),
        )
        newest = rows.select_related("by").order_by("-pk")
        page = read_page(Paginator(newest, LEDGER_PAGE), request)
        return {
            "title": record.partner_sku,
            "record": record,
            "stock_forms": _stock_forms(request),
            "page": page,
            "rows": [
                (
                    row,
                    signed(row.on_hand_change),
                    signed(row.committed_change),
                    reference_link(row.reference),
                )
                for row in page
            ],
            "orders": [
                reference_link(f"order:{number}") for number in ledger.orders_with_stock(record.pk)
            ],
        }

    # --- stock forms ---

    def get_urls(self) -> list[Any]:
        """Add the pages on which staff change stock."""
        form_view = self.admin_site.admin_view(self.stock_form_view)
        return [
            path("forms/<slug:name>/", form_view, name="partner_stockrecord_form"),
            path("sheet/correct/", _old_url("changelist")),
            path("sheet/<slug:name>/", _old_url("form")),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Link to the stock forms above the list."""
        extra = {"stock_forms": _stock_forms(request), **(extra_context or {})}
        return super().changelist_view(request, extra)

    def has_receive_permission(self, request: HttpRequest) -> bool:
        """Tell whether the bulk action is offered."""
        return request.user.has_perm(STOCK_FORMS["receive"].permission)

    def has_count_permission(self, request: HttpRequest) -> bool:
        """Tell whether the bulk action is offered."""
        return request.user.has_perm(STOCK_FORMS["count"].permission)

    @admin.action(description=_("Receive stock"), permissions=["receive"])
    def receive(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        """Open the form with the selected records."""
        return _open(request, "receive", queryset)

    @admin.action(description=_("Stock count"), permissions=["count"])
    def count(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        """Open the form with the selected records."""
        return _open(request, "count", queryset)

    def stock_form_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Show a stock form (GET), add more products to it, or record it (POST)."""
        form_class = STOCK_FORMS.get(name)
        if form_class is None:
            raise Http404
        is_allowed = request.user.has_perm(form_class.permission)
        if not (is_allowed and self.has_view_permission(request)):
            raise PermissionDenied
        rows = requested_rows(request)
        form = form_class(request.POST or None, records=rows.records)
        if request.method != "POST" or "add" in request.POST:
            return self._show(request, form, rows)
        if form.is_valid():
            if form.submitted_before:
                messages.info(request, _("This form was submitted twice. It was recorded once."))
                return self._redirect_after(form)
            if message := form.perform(cast("User", request.user)):
                messages.success(request, message)
                return self._redirect_after(form)
        return self._show(request, form, rows)

    def _redirect_after(self, form: StockForm) -> HttpResponse:
        if len(form.records) == 1:
            one = form.records[0].pk
            return HttpResponseRedirect(reverse("admin:partner_stockrecord_change", args=[one]))
        return HttpResponseRedirect(reverse("admin:partner_stockrecord_changelist"))

    def _show(self, request: HttpRequest, form: StockForm, rows: Rows) -> HttpResponse:
        context = {
            "title": form.title,
            "form": form,
            "adding": "add" in request.POST,
            "one": form.records[0] if len(form.records) == 1 else None,
            "rows": rows,
        }
        return admin_page(self, request, "admin/partner/stockrecord/stock_form.html", context)


def _old_url(name: str) -> Any:
    """Return a view that redirects from where the stock forms used to be."""
    return RedirectView.as_view(
        pattern_name=f"admin:partner_stockrecord_{name}", permanent=True, query_string=True
    )


def _stock_forms(request: HttpRequest) -> list[tuple[str, Any]]:
    """Return name and title of the stock forms that this staff member may use."""
    forms = STOCK_FORMS.items()
    return [(name, form.title) for name, form in forms if request.user.has_perm(form.permission)]


def _open(request: HttpRequest, name: str, queryset: QuerySet) -> HttpResponse:
    pks = list(queryset.values_list("pk", flat=True)[: MAX_ROWS + 1])
    if len(pks) > MAX_ROWS:
        messages.warning(request, too_many_rows())
    url = reverse("admin:partner_stockrecord_form", args=[name])
    return HttpResponseRedirect(f"{url}?records={','.join(map(str, pks[:MAX_ROWS]))}")
