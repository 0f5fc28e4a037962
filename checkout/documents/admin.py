"""Invoices and credit notes, read-only, with their PDF; versions of the battery mark."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from checkout.documents import printing
from checkout.documents.models import BatteryMark, CustomsFormLimit, IssuedDocument, content_hash
from microflight.core import pdf_document
from microflight.core.admin_base import ReadOnlyAdmin, admin_link
from microflight.core.money import format_cents
from microflight.core.pdf_document import Paper
from microflight.core.sourced_admin import SOURCED_COLUMNS, SourcedAdmin
from microflight.core.typst_pdf import CannotPrint


@admin.register(IssuedDocument)
class IssuedDocumentAdmin(ReadOnlyAdmin):
    """Invoices and credit notes, newest first."""

    list_display = ["code", "type", "order_link", "issued_at", "total"]
    list_select_related = ["order"]
    list_filter = ["type", "issued_at"]
    search_fields = ["order__number", "order__guest_email", "=number"]
    search_help_text = _("Order number, email, or number without its prefix.")
    ordering = ["-pk"]
    date_hierarchy = "issued_at"
    fields = ("code", "type", "order_link", "issued_at", "total", "sha256", "is_unchanged", "files")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave out the content, which only the PDF and the check of its hash need."""
        return super().get_queryset(request).defer("content")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.pdf_view)
        name = "documents_issueddocument_pdf"
        return [path("<int:pk>/pdf/", view, name=name), *super().get_urls()]

    def pdf_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the PDF, on the paper of the order's country or `?paper=`."""
        document = get_object_or_404(IssuedDocument.objects.select_related("order"), pk=pk)
        if not self.has_view_permission(request, document):
            raise PermissionDenied
        country = printing.country_of(document.order)
        paper = pdf_document.paper_for(country, request.GET.get("paper", ""))
        try:
            return pdf_document.response(printing.pdf(document, paper), document.filename)
        except CannotPrint as error:
            text = gettext("There is no PDF of this document: %(problem)s.")
            messages.error(request, text % {"problem": error})
            return redirect("admin:documents_issueddocument_change", pk)

    @admin.display(description=_("Number"), ordering="number")
    def code(self, document: IssuedDocument) -> str:
        return document.code

    @admin.display(description=_("Order"), ordering="order__number")
    def order_link(self, document: IssuedDocument) -> SafeString | str:
        return admin_link(document.order, document.order.number)

    @admin.display(description=_("Total"), ordering="total_cents")
    def total(self, document: IssuedDocument) -> str:
        return format_cents(document.total_cents)

    @admin.display(description=_("Content matches its hash"), boolean=True)
    def is_unchanged(self, document: IssuedDocument) -> bool:
        return content_hash(document.content) == document.sha256

    @admin.display(description=_("PDF"))
    def files(self, document: IssuedDocument) -> SafeString:
        """Return a link for each paper size."""
        url = reverse("admin:documents_issueddocument_pdf", args=[document.pk])
        links = [(url, paper.value, paper.label) for paper in Paper]
        return format_html_join(", ", '<a href="{}?paper={}">{}</a>', links)


@admin.register(CustomsFormLimit)
class CustomsFormLimitAdmin(SourcedAdmin):
    """Limits of the short customs form."""

    list_display = ["starts_on", "cn22_value", "cn22_grams", *SOURCED_COLUMNS]


@admin.register(BatteryMark)
class BatteryMarkAdmin(SourcedAdmin):
    """Versions of the lithium battery mark."""

    list_display = [
        "starts_on", "ends_on", "with_phone", "width_mm", "height_mm", *SOURCED_COLUMNS,
    ]  # fmt: skip
