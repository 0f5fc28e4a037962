"""How large a request's body may be, by path. A larger one is rejected before it is read."""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def body_limit(path: str) -> int:
    """Return the bytes that a request to this path may have."""
    limits = (size for pattern, size in settings.LARGE_BODIES.items() if re.match(pattern, path))
    return next(limits, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


class BodyLimitMiddleware:
    """Rejects a body that is too large (413), or does not state its size (411)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return _rejected(request, 411)
        if length.isascii() and length.isdigit() and int(length) > body_limit(request.path_info):
            return _rejected(request, 413)
        return self.get_response(request)


def _rejected(request: HttpRequest, status: int) -> HttpResponse:
    response = render(request, "errors/rejected.html", status=status)
    response.headers["Cache-Control"] = "no-store"
    return response
