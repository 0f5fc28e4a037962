"""What every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from microflight.core import business


def shop(request: HttpRequest) -> dict[str, Any]:
    """Return the facts of the business, and the shop's own address without a slash at its end."""
    return {"business": business.FACTS, "site_url": settings.SITE_URL}
