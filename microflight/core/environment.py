"""Reads environment variables. An invalid value raises ImproperlyConfigured."""

import os

from django.core.exceptions import ImproperlyConfigured

_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def text(name: str, default: str | None = None) -> str:
    """Return the variable, or the default. Raises ImproperlyConfigured without either."""
    value = os.environ.get(name, default)
    if value is None or (value == "" and default is None):
        raise ImproperlyConfigured(
            f"The environment variable {name} is not set. It is required; see .env.example."
        )
    return value


def flag(name: str, *, default: bool = False) -> bool:
    """Return a yes/no variable."""
    value = os.environ.get(name, str(default)).strip().lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def number(name: str, default: int, *, least: int = 0, most: int = 1_000_000) -> int:
    """Return a whole-number variable from `least` to `most`."""
    value = os.environ.get(name, str(default))
    if value.strip().lstrip("-").isdecimal() and least <= int(value) <= most:
        return int(value)
    raise ImproperlyConfigured(
        f"{name} must be a whole number from {least} to {most}, not {value!r}."
    )


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated variable as a list without empty entries."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]
