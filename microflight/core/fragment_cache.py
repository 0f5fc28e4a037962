"""Rendered fragments and whole pages, cached in this process by the values they show.

The values are the cache key, so a fragment can never be out of date. Only immutable values can be
passed: frozen dataclasses, tuples, text, numbers, and objects that exist once for equal values.
"""

from collections.abc import Hashable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString

from microflight.core.context_processors import shop
from microflight.core.page_cache import split

MAX_FRAGMENTS = 8_192  # of about 1 kB in each process
MAX_PAGES = 256  # of about 40 kB, with the values they were made from
Values = tuple[tuple[str, Hashable], ...]


def rendered(template: str, **values: Hashable) -> SafeString:
    """Return a template rendered with these values and nothing else (no request)."""
    if settings.DEBUG:  # templates are being edited
        return render_to_string(template, values)
    return _rendered(template, tuple(values.items()))


def same_page(request: HttpRequest, template: str, values: dict[str, Hashable]) -> HttpResponse:
    """Return the page for these values and the page frame, rendered once per set of values.

    For views marked with `shared_page`. The template sees no request; visitor fragments are
    filled in afterwards.
    """
    known = {**shop(request), "frame": import_string(settings.PAGE_FRAME)(request), **values}
    make = _page.__wrapped__ if settings.DEBUG else _page
    response = HttpResponse()
    response.page_parts = make(template, tuple(known.items()))  # type: ignore[attr-defined]
    return response


@lru_cache(maxsize=MAX_FRAGMENTS)
def _rendered(template: str, values: Values) -> SafeString:
    return render_to_string(template, dict(values))


@lru_cache(maxsize=MAX_PAGES)
def _page(template: str, values: Values) -> list[bytes]:
    return split(render_to_string(template, dict(values)).encode())
