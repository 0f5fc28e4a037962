"""Pieces of a page, and whole pages, that are made once from the same data.

Each is kept under the very values that it shows, so it can never be out of date: other values are
another piece. Only immutable values (frozen dataclasses, tuples, text, numbers) can be given.
"""

from collections.abc import Hashable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from microflight.context import shop
from microflight.frame import frame_of
from microflight.page_cache import split

MOST = 8_192  # pieces of about 1 kB in each process
MOST_PAGES = 256  # of about 40 kB, with the values they were made from
Values = tuple[tuple[str, Hashable], ...]


def rendered(template: str, **values: Hashable) -> SafeString:
    """Return a template rendered with these values and nothing else (no request)."""
    if settings.DEBUG:  # templates are being written
        return render_to_string(template, values)
    return _rendered(template, tuple(values.items()))


def same_page(request: HttpRequest, template: str, values: dict[str, Hashable]) -> HttpResponse:
    """Answer with a page that equal values always give: what was read, and the frame around it.

    For views marked with `shared_page`. The template sees no request; the parts of one visitor
    are filled in afterwards.
    """
    known = {**shop(request), "frame": frame_of(request), **values}
    make = _page.__wrapped__ if settings.DEBUG else _page
    response = HttpResponse()
    response.page_pieces = make(template, tuple(known.items()))  # type: ignore[attr-defined]
    return response


@lru_cache(maxsize=MOST)
def _rendered(template: str, values: Values) -> SafeString:
    return render_to_string(template, dict(values))


@lru_cache(maxsize=MOST_PAGES)
def _page(template: str, values: Values) -> list[bytes]:
    return split(render_to_string(template, dict(values)).encode())
