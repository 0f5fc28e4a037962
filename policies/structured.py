"""What search engines read on a policy's page: schema.org in JSON-LD.

Rooms register what they know, as with variables; the text and this data read the same sources.
Only what is true is said: docs/decisions/011 names what is left out, and why.
"""

import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from microflight.core.business import FACTS

#: Slug of a policy -> what it says of the shop, as properties of schema.org's OnlineStore.
_READERS: dict[str, Callable[[], dict[str, Any]]] = {}
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def register(slug: str, read: Callable[[], dict[str, Any]]) -> None:
    """Let the page of a policy's text in force carry data; `read` returns it as of now."""
    _READERS[slug] = read


def of_shop(slug: str) -> SafeString:
    """Return the data block of a policy's page; empty where no room knows anything.

    At most one query.
    """
    said = _READERS[slug]() if slug in _READERS else {}
    if not said:
        return SafeString()
    data = {
        "@context": "https://schema.org",
        "@type": "OnlineStore",
        "@id": f"{settings.SITE_URL}/#shop",
        "name": FACTS.shop,
        "legalName": FACTS.company,
        "url": settings.SITE_URL + "/",
        **said,
    }
    text = json.dumps(data, ensure_ascii=False)
    return mark_safe(text.translate(_ESCAPES))  # noqa: S308 (nothing in it can end the script tag)


def address_of(slug: str) -> str:
    """Return the full address of a policy's page."""
    return settings.SITE_URL + reverse("policies:page", args=[slug])
