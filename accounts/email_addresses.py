"""Email addresses as they are stored and compared, and their SHA-256."""

import hashlib
from typing import Any

from allauth.account.models import EmailAddress

from microflight.core.email_address import in_ascii


def normalize_email(email: str) -> str:
    """Return an address trimmed, in lower case, its domain in punycode."""
    return in_ascii(email).lower()


def verified_email(user: Any) -> str:
    """Return the normalized email of an account if it is verified, else "", also for visitors."""
    if user is None or not user.is_authenticated:
        return ""
    rows = EmailAddress.objects.filter(user=user, verified=True, email__iexact=user.email)
    return normalize_email(user.email) if rows.exists() else ""


def hash_email(email: str) -> str:
    """Return the SHA-256 of an address, in hex: enough to recognize it, not to write to it."""
    return hashlib.sha256(normalize_email(email).encode()).hexdigest()


def mask_email(email: str) -> str:
    """Return `d…@example.com` for `dana@example.com`: emails are forwarded to other people."""
    name, _, host = email.rpartition("@")
    return f"{name[:1]}…@{host}"
