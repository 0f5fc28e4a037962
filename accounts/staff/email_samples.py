"""A sample invitation."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.mail.samples import sample_for


@sample_for("staff-invitation")
def invitation() -> dict[str, Any]:
    """Robin invites Dana to pack orders."""
    link = reverse("staff-invitation", args=[7, "d3k9x1-0a1b2c3d4e5f60718293a4b5c6d7e8f9"])
    return {
        "name": "Dana",
        "inviter": "Robin Kestrel",
        "roles": "Packing",
        "link": settings.SITE_URL + link,
    }
