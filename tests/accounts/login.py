"""A new account's form data, and codes of an authenticator app."""

from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)

PASSWORD = "dihedral-wing-3.6"
NEW = {
    "first_name": "Dora",
    "last_name": "Kite",
    "email": "dora@example.com",
    "password1": PASSWORD,
    "password2": PASSWORD,
}


def code_of(secret: str) -> str:
    """Return the code that an authenticator app shows now."""
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))
