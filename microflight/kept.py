"""Pieces of a page that are made once from the same data.

A piece is kept under the very values that it shows, so it can never be out of date: other values
are another piece. Only immutable values (frozen dataclasses, tuples, text, numbers) can be given.
"""

from collections.abc import Hashable
from functools import lru_cache

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

MOST = 8_192  # pieces of about 1 kB in each process


def rendered(template: str, **values: Hashable) -> SafeString:
    """Return a template rendered with these values and nothing else (no request)."""
    if settings.DEBUG:  # templates are being written
        return render_to_string(template, values)
    return _rendered(template, tuple(values.items()))


@lru_cache(maxsize=MOST)
def _rendered(template: str, values: tuple[tuple[str, Hashable], ...]) -> SafeString:
    return render_to_string(template, dict(values))
