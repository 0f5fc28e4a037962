"""Sample emails of saved searches."""

from typing import Any

from django.conf import settings

from accounts.mail.samples import sample_for
from catalog.saved_searches.links import LINKS

_NAME = "receiver, Weight up to 1 g, In stock only"


@sample_for("confirm-saved-search")
def confirmation() -> dict[str, Any]:
    """A customer saves a search for light receivers."""
    hours = int(LINKS.confirm_within.total_seconds() // 3600)
    return {"link": LINKS.confirm_url(0), "hours": hours}


@sample_for("saved-search")
def new_matches() -> dict[str, Any]:
    """Two new receivers match the saved search."""
    products = [
        {
            "title": title,
            "url": f"{settings.SITE_URL}/catalogue/{slug}_{pk}/",
            "facts": f"{weight}\N{NO-BREAK SPACE}g, {price}, In stock",
        }
        for title, slug, pk, weight, price in (
            ("Receiver, 2 channels, 900 MHz", "receiver-2-channels-900-mhz", 31, "0.9", "$49.00"),
            ("Receiver, 3 channels, 900 MHz", "receiver-3-channels-900-mhz", 32, "1.0", "$59.00"),
        )
    ]
    return {
        "name": _NAME,
        "products": products,
        "more": 3,
        "list_url": f"{settings.SITE_URL}/search/?q=receiver&in_stock=1&a.weight.to=1",
        "end_url": LINKS.cancel_url(0),
    }
