"""Parses EMAIL_URL."""

from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def parse_email_url(url: str) -> dict[str, Any]:
    """Return Django's EMAIL_* settings for an EMAIL_URL. Raises ImproperlyConfigured.

    `smtp://user:pass@host:587` uses STARTTLS if it has a login, `smtps://` implicit TLS,
    `file:///folder` writes each email to a file. `anymail+postmark://token` and
    `anymail+mailgun://key@domain` (`?region=eu` for Mailgun's European servers) use the
    provider's API.
    """
    parts = urlsplit(url)
    if parts.scheme.startswith("anymail+"):
        return _by_provider(parts)
    if parts.scheme == "file":
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": parts.path,
        }
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured(
            "EMAIL_URL must start with smtp://, smtps://, anymail+ or file://."
        )
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and bool(parts.username),
    }


def _by_provider(parts: SplitResult) -> dict[str, Any]:
    """Return the backend and the ANYMAIL settings for a provider's API."""
    provider = parts.scheme.removeprefix("anymail+")
    if provider == "postmark" and parts.netloc and "@" not in parts.netloc:
        own = {"POSTMARK_SERVER_TOKEN": unquote(parts.netloc)}
    elif provider == "mailgun" and parts.username and parts.hostname:
        own = {
            "MAILGUN_API_KEY": unquote(parts.username),
            "MAILGUN_SENDER_DOMAIN": parts.hostname,
        }
        if parse_qs(parts.query).get("region") == ["eu"]:
            own["MAILGUN_API_URL"] = "https://api.eu.mailgun.net/v3"
    else:
        raise ImproperlyConfigured(
            "EMAIL_URL must be anymail+postmark://token or anymail+mailgun://key@domain."
        )
    return {"EMAIL_BACKEND": f"anymail.backends.{provider}.EmailBackend", "ANYMAIL": own}
