"""Made-up letters to those who wait for stock."""

from typing import Any

from django.conf import settings

from accounts.mail.samples import shows
from catalog.waiting import links


def _shown() -> dict[str, Any]:
    url = settings.SITE_URL + "/catalogue/carbon-butterfly_7/"
    return {"title": "Carbon Butterfly, ready to fly", "product_url": url}


@shows("confirm-asking")
def confirmation() -> dict[str, Any]:
    """Somebody wants to hear when the Butterfly is back."""
    hours = int(links.PROVE_WITHIN.total_seconds() // 3600)
    return {**_shown(), "link": links.prove_url(0), "hours": hours}


@shows("back-in-stock")
def back() -> dict[str, Any]:
    """The Butterfly is back."""
    return {**_shown(), "end_url": links.end_url(0)}
