"""Redirects old URLs. Pages that exist cost nothing: only a 404 is looked up, with one query."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect

from catalog.redirects import services
from catalog.redirects.gone import gone_page

#: Browsers may keep a redirect this long (seconds): staff may correct it.
KEEP_FOR = 3600


class RedirectMiddleware:
    """Answers 301 or 410 instead of 404 for a URL that once had a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 404 or request.method not in ("GET", "HEAD"):
            return response
        pairs = [(name, value) for name, values in request.GET.lists() for value in values]
        row = services.find(request.path, pairs)
        if row is None:
            return response
        if not row.new_path:
            return gone_page(request)
        moved = HttpResponsePermanentRedirect(row.new_path)
        moved["Cache-Control"] = f"public, max-age={KEEP_FOR}"
        return moved
