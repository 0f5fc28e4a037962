"""Stock for staff: every article's levels, most urgent first, each with its own ledger."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, F, Q, QuerySet, Sum, Window
from django.db.models.functions import Upper
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.partner import ledger
from catalog.partner.admin.movements import cause, signed
from catalog.partner.admin.sheets import MOST_ROWS, SHEETS, Sheet
from catalog.partner.low import BY_URGENCY, FEW, LOW_STOCK, WAITED_FOR, with_levels
from catalog.partner.models import StockMovement, StockRecord
from microflight.core.admin_base import ChoiceFilter, NamedRowsMixin, ReadOnlyAdmin

if TYPE_CHECKING:
    from accounts.users.models import User

LEDGER_PAGE = 50  # rows of one record's ledger on a page


class LevelFilter(ChoiceFilter):
    """Which articles need looking after."""

    title = "level"
    parameter_name = "stock"
    choices_with_conditions = (
        ("low", "low, out, or waited for", LOW_STOCK & Q(product__is_public=True)),
        ("waiting", "orders wait", WAITED_FOR),
        ("out", "none on the shelf", Q(num_in_stock=0) | Q(num_in_stock=None)),
        ("backorder", "on backorder", Q(backorder=True)),
        ("expected", "delivery announced", Q(expected_on__isnull=False)),
    )


@admin.register(StockRecord)
class StockRecordAdmin(NamedRowsMixin, ReadOnlyAdmin):
    """Levels are read here; they are moved by sheets: received, counted, corrected."""

    list_display = [
        "sku",
        "on_shelf",
        "promised",
        "free",
        "waiting",
        "asked_for",
        "low_at",
        "expected",
    ]
    list_display_links = ["sku"]
    list_filter = [LevelFilter, "partner"]
    search_fields = ["partner_sku", "product__title", "product__parent__title"]
    search_help_text = "SKU or title."
    list_select_related = ["product__parent"]
    show_full_result_count = False
    actions = ["receive", "count"]
    change_form_template = "admin/partner/stockrecord/record.html"
    change_list_template = "admin/partner/stockrecord/list.html"
    fields = ("partner_sku",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Add what the list and the page show."""
        asked = Count(
            "product__back_in_stock_requests",
            filter=Q(product__back_in_stock_requests__state="requested"),
        )
        return with_levels(StockRecord.objects.annotate(asked=asked))

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """Put the most urgent first, until staff click a column."""
        return list(BY_URGENCY)

    def row_name(self, obj: Any) -> str:
        """Return the SKU."""
        return obj.partner_sku

    @admin.display(description="Article", ordering="partner_sku")
    def sku(self, record: StockRecord) -> SafeString:
        """Return the article number and the title; a variant without one has its product's."""
        title = record.product.get_title()
        return format_html('{}<br><span class="quiet">{}</span>', record.partner_sku, title)

    @admin.display(description="On shelf", ordering="num_in_stock")
    def on_shelf(self, record: StockRecord) -> int:
        """Return how many pieces lie there."""
        return record.num_in_stock or 0

    @admin.display(description="Asked for", ordering="asked")
    def asked_for(self, record: Any) -> str:
        """Return how many people want to hear when it is back."""
        return str(record.asked) if record.asked else "–"

    @admin.display(description="Promised", ordering="num_allocated")
    def promised(self, record: StockRecord) -> int:
        """Return how many pieces orders hold."""
        return record.num_allocated or 0

    @admin.display(description="Free", ordering="free")
    def free(self, record: Any) -> int:
        """Return how many pieces can be sold from the shelf."""
        return max(0, record.free)

    @admin.display(description="Waited for", ordering="waiting")
    def waiting(self, record: Any) -> str:
        """Return how many pieces orders wait for."""
        return str(record.waiting) if record.waiting else "–"

    @admin.display(description="Low at", ordering="low_stock_threshold")
    def low_at(self, record: Any) -> SafeString | str:
        """Return the threshold, and whether it is reached, in words."""
        at = record.low_stock_threshold
        text = f"{FEW} (usual)" if at is None else str(at)
        if record.over > 0:
            return text
        word = "out" if record.free <= 0 else "low"
        return format_html('{} <span class="state state-held">{}</span>', text, word)

    @admin.display(description="Expected", ordering="expected_on")
    def expected(self, record: StockRecord) -> str:
        """Return the day of the next delivery, and whether it may be ordered until then."""
        day = f"{record.expected_on:%Y-%m-%d}" if record.expected_on else "–"
        return f"{day}, backorder" if record.backorder else day

    # --- one article ---

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show levels and ledger of one article."""
        record = self.get_object(request, object_id)
        extra = {**(extra_context or {})}
        if record is not None and self.has_view_permission(request, record):
            extra |= self._account(request, record)
        return super().change_view(request, object_id, form_url, extra)

    def _account(self, request: HttpRequest, record: Any) -> dict[str, Any]:
        rows = StockMovement.objects.filter(stockrecord=record.pk).annotate(
            shelf_level=Window(Sum("shelf_change"), order_by=F("pk").asc()),
            promised_level=Window(Sum("promised_change"), order_by=F("pk").asc()),
        )
        page = Paginator(rows.select_related("by").order_by("-pk"), LEDGER_PAGE).get_page(
            request.GET.get("page")
        )
        return {
            "title": record.partner_sku,
            "record": record,
            "acts": [(name, sheet.title) for name, sheet in SHEETS.items() if _may(request, sheet)],
            "page": page,
            "rows": [
                (row, signed(row.shelf_change), signed(row.promised_change), cause(row.about))
                for row in page
            ],
            "holders": [(cause(f"order:{number}")) for number in ledger.orders_promised(record.pk)],
        }

    # --- sheets ---

    def get_urls(self) -> list[Any]:
        """Add the pages on which staff move stock."""
        view = self.admin_site.admin_view(self.sheet_view)
        return [
            path("sheet/<slug:name>/", view, name="partner_stockrecord_sheet"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Offer the sheets above the list."""
        sheets = [(n, SHEETS[n].title) for n in ("receive", "count") if _may(request, SHEETS[n])]
        return super().changelist_view(request, {"acts": sheets, **(extra_context or {})})

    def has_receive_permission(self, request: HttpRequest) -> bool:
        """Tell whether the action is offered."""
        return _may(request, SHEETS["receive"])

    def has_count_permission(self, request: HttpRequest) -> bool:
        """Tell whether the action is offered."""
        return _may(request, SHEETS["count"])

    @admin.action(description="Receive a delivery of these", permissions=["receive"])
    def receive(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        """Open the sheet with the selected articles."""
        return _open("receive", queryset)

    @admin.action(description="Count these", permissions=["count"])
    def count(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        """Open the sheet with the selected articles."""
        return _open("count", queryset)

    def sheet_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Show a sheet (GET), take more articles onto it, or record it (POST)."""
        kind = SHEETS.get(name)
        if kind is None:
            raise Http404
        if not (self.has_view_permission(request) and _may(request, kind)):
            raise PermissionDenied
        sheet = kind(request.POST or None, records=_asked_for(request))
        if request.method == "POST" and "add" not in request.POST and sheet.is_valid():
            if sheet.sent_before:
                messages.info(request, "This was sent twice; it was done once.")
                return self._after(sheet)
            if said := sheet.perform(cast("User", request.user)):
                messages.success(request, said)
                return self._after(sheet)
        return self._show(request, sheet)

    def _after(self, sheet: Sheet) -> HttpResponse:
        if len(sheet.records) == 1:
            one = sheet.records[0].pk
            return HttpResponseRedirect(reverse("admin:partner_stockrecord_change", args=[one]))
        return HttpResponseRedirect(reverse("admin:partner_stockrecord_changelist"))

    def _show(self, request: HttpRequest, sheet: Sheet) -> HttpResponse:
        adding = "add" in request.POST
        context = {
            **self.admin_site.each_context(request),
            "title": sheet.title,
            "opts": self.opts,
            "sheet": sheet,
            "adding": adding,
            "most_rows": MOST_ROWS,
            "one": sheet.records[0] if len(sheet.records) == 1 else None,
            "unknown": _unknown(request) if adding else [],
        }
        return TemplateResponse(request, "admin/partner/stockrecord/sheet.html", context)


def _may(request: HttpRequest, kind: type[Sheet]) -> bool:
    return request.user.has_perm(kind.right)


def _open(name: str, queryset: QuerySet) -> HttpResponse:
    pks = queryset.values_list("pk", flat=True)[:MOST_ROWS]
    url = reverse("admin:partner_stockrecord_sheet", args=[name])
    return HttpResponseRedirect(f"{url}?records={','.join(map(str, pks))}")


def _words(request: HttpRequest) -> list[str]:
    """The SKUs that are to join the sheet, in capitals: who types them does not look."""
    return request.POST.get("more", "").upper().replace(",", " ").split()[:MOST_ROWS]


def _named(skus: list[str]) -> QuerySet[StockRecord]:
    return StockRecord.objects.alias(capitals=Upper("partner_sku")).filter(capitals__in=skus)


def _unknown(request: HttpRequest) -> list[str]:
    known = _named(_words(request)).values_list(Upper("partner_sku"), flat=True)
    return sorted(set(_words(request)) - set(known))


def _asked_for(request: HttpRequest) -> list[StockRecord]:
    """The articles of a sheet: those of its address, then those that joined it by SKU."""
    asked = request.POST.get("records", request.GET.get("records", ""))
    pks = [int(word) for word in asked.split(",") if word.isascii() and word.isdigit()]
    chosen = Q(pk__in=[pk for pk in pks if pk < 2**63][:MOST_ROWS])
    if "add" in request.POST:
        chosen |= Q(pk__in=_named(_words(request)).values("pk"))
    found = with_levels(StockRecord.objects.filter(chosen)).select_related("product__parent")
    return list(found.order_by("partner_sku", "pk")[:MOST_ROWS])
