"""What every template may use."""

from typing import Any

from django.http import HttpRequest

from microflight import business


def shop(request: HttpRequest) -> dict[str, Any]:
    """Return the facts of the business: name, address, telephone, hours."""
    return {"business": business.FACTS}
