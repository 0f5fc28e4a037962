"""Variables for all templates."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from microflight.core import business


def shop(request: HttpRequest) -> dict[str, Any]:
    """Return the business facts, and the site's URL without a trailing slash."""
    return {"business": business.FACTS, "site_url": settings.SITE_URL}
