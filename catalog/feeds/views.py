"""Sitemaps and feeds. Each is cached for all visitors and says nothing about any of them."""

from collections.abc import Callable, Iterator

from django.conf import settings
from django.contrib.sitemaps import views as sitemap_views
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog import tree
from catalog.feeds import atom, merchant
from catalog.feeds.sitemaps import SITEMAPS

KEEP_FOR = 600  # seconds that a sitemap or feed is cached
_LONGEST_PAGE = 6  # digits


@require_safe
def sitemap_index(request: HttpRequest) -> HttpResponse:
    """List the files of the sitemap: one for each 2,000 URLs of a section."""
    return _cached("index", "application/xml", _index)


def _index() -> str:
    files = []
    for name, section in SITEMAPS.items():
        sitemap = section() if isinstance(section, type) else section
        url = settings.SITE_URL + reverse("sitemap-section", args=[name])
        newest = sitemap.get_latest_lastmod()
        for page in sitemap.paginator.page_range:
            files.append((f"{url}?p={page}" if page > 1 else url, newest))
    return render_to_string("feeds/sitemap_index.xml", {"files": files})


@require_safe
def sitemap_section(request: HttpRequest, section: str) -> HttpResponse:
    """Show one file of the sitemap; 404 past the end."""
    page = request.GET.get("p", "1")
    if not (page.isascii() and page.isdigit() and len(page) <= _LONGEST_PAGE):
        raise Http404("There is no such page.")

    def make() -> str:
        template = "feeds/sitemap.xml"
        response = sitemap_views.sitemap(request, SITEMAPS, section, template)
        return response.render().content.decode()

    return _cached(f"{section}:{int(page)}", "application/xml", make)


@require_safe
def new_arrivals(request: HttpRequest) -> HttpResponse:
    """Show the newest products as an Atom feed."""
    return _cached("arrivals", "application/atom+xml", atom.new_arrivals)


@require_safe
def sale(request: HttpRequest) -> HttpResponse:
    """Show the reduced products as an Atom feed."""
    return _cached("sale", "application/atom+xml", atom.sale)


@require_safe
def products(request: HttpRequest) -> StreamingHttpResponse:
    """Stream all products in the format of Google Merchant Center."""
    pieces: Iterator[bytes] = merchant.cached_feed(lambda: tree.of(request))
    response = StreamingHttpResponse(pieces, content_type="application/xml; charset=utf-8")
    response["Cache-Control"] = f"public, max-age={merchant.KEEP_FOR}"
    response["X-Robots-Tag"] = "noindex"
    return response


def _cached(name: str, content_type: str, make: Callable[[], str]) -> HttpResponse:
    key = f"feeds:{name}"
    text = cache.get(key)
    if text is None:
        text = make()
        cache.set(key, text, KEEP_FOR)
    response = HttpResponse(text, content_type=f"{content_type}; charset=utf-8")
    response["Cache-Control"] = f"public, max-age={KEEP_FOR}"
    return response
