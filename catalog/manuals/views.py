"""The library, the pages of a manual and its revisions, and their PDF files."""

from typing import Any

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag, urlencode
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from catalog.cards import cards_of
from catalog.manuals import library
from catalog.manuals.models import Language, Manual, ManualRevision
from microflight.core.page_cache import shared_page
from microflight.core.pagination import read_page
from policies import markdown

PDF_SECONDS = 24 * 60 * 60  # a file never changes, but its manual may be withdrawn


@require_safe
@shared_page("q", "product", "language", "page")
def index(request: HttpRequest) -> HttpResponse:
    """Show the library: all manuals, or those that match. Raises Http404 past the last page."""
    wanted = library.LibraryQuery.read(request.GET)
    page = read_page(Paginator(library.manuals(wanted), library.PER_PAGE), request)
    filters = {"q": wanted.search, "product": wanted.product, "language": wanted.language}
    query = urlencode({name: value for name, value in filters.items() if value})
    context: dict[str, Any] = {
        "wanted": wanted,
        "page": page,
        "page_numbers": list(page.paginator.get_elided_page_range(page.number)),
        "base": f"?{query}&" if query else "?",
        "languages": Language.choices,
    }
    return render(request, "manuals/index.html", context)


@require_safe
@shared_page()
def manual(request: HttpRequest, slug: str, number: int | None = None) -> HttpResponse:
    """Show the current revision of a manual, or the one with a number."""
    found = _published(slug)
    if found.is_withdrawn:
        return _withdrawn(request, found)
    revision = _revision(found, number or found.current.number or 0)
    products = found.products.order_by("title", "pk").values_list("pk", flat=True)
    context: dict[str, Any] = {
        "manual": found,
        "revision": revision,
        "is_superseded": revision != found.current,
        "body": markdown.render(revision.body),
        "cards": cards_of(list(products)),
        "crumbs": ((gettext("Manuals"), "/manuals/"), (found.title, "")),
    }
    return render(request, "manuals/manual.html", context)


@require_safe
def pdf(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """Serve the PDF of a revision. Raises Http404 if it, or its file, is missing."""
    found = _published(slug)
    if found.is_withdrawn:
        return _withdrawn(request, found)
    revision = _revision(found, number)
    etag = quote_etag(revision.sha256)
    answer = get_conditional_response(request, etag=etag) or _file_response(found, revision)
    answer.headers["ETag"] = etag
    answer.headers["Cache-Control"] = f"public, max-age={PDF_SECONDS}"
    return answer


def _file_response(found: Manual, revision: ManualRevision) -> HttpResponseBase:
    try:
        file = revision.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(file, content_type="application/pdf")
    mark = "" if revision == found.current else "-superseded"
    name = f"{found.slug}-revision-{revision.number}{mark}.pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@require_safe
def current_pdf(request: HttpRequest, slug: str) -> HttpResponse:
    """Redirect to the PDF of the current revision."""
    found = _published(slug)
    if found.is_withdrawn:
        return _withdrawn(request, found)
    return redirect(found.pdf_url(found.current))


def _published(slug: str) -> Manual:
    """Return a manual with a published revision, withdrawn or not. Raises Http404."""
    found = get_object_or_404(Manual.objects.with_current(), slug=slug)
    if not found.history:
        raise Http404("There is no such manual.")
    return found


def _revision(found: Manual, number: int) -> ManualRevision:
    for revision in found.history:
        if revision.number == number:
            return revision
    raise Http404("There is no such revision.")


def _withdrawn(request: HttpRequest, found: Manual) -> HttpResponse:
    return render(request, "manuals/withdrawn.html", {"manual": found}, status=410)
