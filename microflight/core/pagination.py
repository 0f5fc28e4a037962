"""Pages of a list by their number in the URL."""

from typing import Any

from django.core.paginator import EmptyPage, Page, Paginator
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _


def read_page(paginator: "Paginator[Any]", request: HttpRequest) -> "Page[Any]":
    """Return the page in the query string, the first by default. Raises Http404 past the end."""
    number = request.GET.get("page", "")
    wanted = int(number[:9]) if number.isascii() and number.isdigit() else 1
    try:
        return paginator.page(max(wanted, 1))
    except EmptyPage as error:
        raise Http404(_("There is no such page.")) from error
