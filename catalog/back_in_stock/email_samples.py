"""Sample back-in-stock emails."""

from typing import Any

from django.conf import settings

from accounts.mail.samples import sample_for
from catalog.back_in_stock import links


def _product() -> dict[str, Any]:
    url = settings.SITE_URL + "/catalogue/carbon-butterfly_7/"
    return {"title": "Carbon Butterfly, ready to fly", "product_url": url}


@sample_for("confirm-back-in-stock")
def confirmation() -> dict[str, Any]:
    """A customer wants to know when the Butterfly is back in stock."""
    hours = int(links.CONFIRM_WITHIN.total_seconds() // 3600)
    return {**_product(), "link": links.confirm_url(0), "hours": hours}


@sample_for("back-in-stock")
def back_in_stock() -> dict[str, Any]:
    """The Butterfly is back in stock."""
    return {**_product(), "end_url": links.cancel_url(0)}
