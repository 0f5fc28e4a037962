"""Customers download the documents of their orders with the order's secret link."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from checkout.documents import printing
from checkout.order.links import with_secret_link
from checkout.order.models import Order
from microflight.core import pdf_document
from microflight.core.typst_pdf import CannotPrint


@require_safe
@with_secret_link
def document(request: HttpRequest, order: Order, token: str, file: str) -> HttpResponse:
    """Return an invoice or credit note of this order as PDF; `?paper=a4` or `us-letter`."""
    found = next((each for each in order.documents.all() if each.code == file), None)
    if found is None:
        raise Http404
    paper = pdf_document.paper_for(printing.country_of(order), request.GET.get("paper", ""))
    try:
        return pdf_document.response(printing.pdf(found, paper), found.filename)
    except CannotPrint as error:
        text = _("There is no PDF of this document: %(problem)s. Please contact us.")
        messages.error(request, text % {"problem": error})
        return redirect("orders:status", order.number, token)
