"""Structured data for search engines on policy pages: schema.org as JSON-LD.

Packages register what they know in AppConfig.ready(), from the same sources as the policies'
variables. docs/decisions/011-policy-versions.md says what is left out and why.
"""

import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from microflight.core.business import FACTS

#: Policy slug -> function that returns properties of schema.org's OnlineStore.
_READERS: dict[str, Callable[[], dict[str, Any]]] = {}
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def register(slug: str, read: Callable[[], dict[str, Any]]) -> None:
    """Add structured data to the page of a policy's version in force."""
    _READERS[slug] = read


def properties(slug: str) -> dict[str, Any]:
    """Return what is registered for a policy. The returns policy takes no query."""
    return _READERS[slug]() if slug in _READERS else {}


def json_ld(slug: str) -> SafeString:
    """Return the JSON-LD of a policy's page, empty if nothing is registered for it.

    At most one query.
    """
    found = properties(slug)
    if not found:
        return SafeString()
    data = {
        "@context": "https://schema.org",
        "@type": "OnlineStore",
        "@id": f"{settings.SITE_URL}/#shop",
        "name": FACTS.shop,
        "legalName": FACTS.company,
        "url": settings.SITE_URL + "/",
        **found,
    }
    text = json.dumps(data, ensure_ascii=False)
    return mark_safe(text.translate(_ESCAPES))  # noqa: S308 (cannot end the script tag)


def policy_url(slug: str) -> str:
    """Return the absolute URL of a policy's page."""
    return settings.SITE_URL + reverse("policies:page", args=[slug])
