"""Sample account emails."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.emails import NOTICES
from accounts.mail.samples import sample_for


def _absolute(name: str, *args: object) -> str:
    return settings.SITE_URL + reverse(name, args=args)


@sample_for("welcome")
def welcome() -> dict[str, Any]:
    """Dana confirmed her email address."""
    return {"name": "Dana", "account_url": _absolute("customer:summary")}


@sample_for("verify-email")
def verification() -> dict[str, Any]:
    """Dana confirms an email address."""
    return {"name": "Dana", "link": _absolute("account_confirm_email", "sample:1tXq9Z:0aB3dE5fG7")}


@sample_for("password-reset")
def reset() -> dict[str, Any]:
    """Dana forgot her password."""
    link = _absolute(
        "account_reset_password_from_key", "7", "d3k9x1-0a1b2c3d4e5f60718293a4b5c6d7e8f9"
    )
    return {"name": "Dana", "link": link}


@sample_for(*set(NOTICES.values()))
def notice() -> dict[str, Any]:
    """Dana's account changed."""
    return {
        **dict.fromkeys(("from_email", "to_email", "deleted_email"), "dana@example.com"),
        "email": "dana@example.com",
        "when": timezone.localtime(datetime(2026, 11, 20, 18, 1, tzinfo=UTC)),
        "reset_url": _absolute("account_reset_password"),
        "signup_url": _absolute("account_signup"),
    }
