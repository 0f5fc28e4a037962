"""Email addresses as they are stored and compared, and their SHA-256."""

import hashlib
from contextlib import suppress


def normalize_email(email: str) -> str:
    """Return an address trimmed, in lower case, its domain in punycode."""
    local, at, domain = email.strip().lower().rpartition("@")
    with suppress(UnicodeError):  # no valid domain: compared as it is, and never written to
        domain = domain.encode("idna").decode()
    return f"{local}{at}{domain}"


def hash_email(email: str) -> str:
    """Return the SHA-256 of an address, in hex: enough to recognize it, not to write to it."""
    return hashlib.sha256(normalize_email(email).encode()).hexdigest()


def mask_email(email: str) -> str:
    """Return `d…@example.com` for `dana@example.com`: emails are forwarded to other people."""
    name, _, host = email.rpartition("@")
    return f"{name[:1]}…@{host}"
