"""URL path converters for policies. Anything else is a 404."""

from datetime import date

from django.urls import register_converter


class VersionNumberConverter:
    """A version number without leading zeros."""

    regex = "[1-9][0-9]{0,4}"

    def to_python(self, value: str) -> int:
        """Return the number."""
        return int(value)

    def to_url(self, value: int) -> str:
        """Return the number as in the URL."""
        return str(value)


class DateConverter:
    """A date such as 2026-05-01."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        """Return the date. Raises ValueError if it does not exist."""
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        """Return the date as in the URL."""
        return value.isoformat()


class LanguageConverter:
    """A BCP 47 language code, for example fr or fr-CA."""

    regex = "[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}"

    def to_python(self, value: str) -> str:
        """Return the code."""
        return value

    def to_url(self, value: str) -> str:
        """Return the code as in the URL."""
        return value


def register() -> None:
    """Make the converters available to `urls.py`."""
    register_converter(VersionNumberConverter, "version")
    register_converter(DateConverter, "date")
    register_converter(LanguageConverter, "language")
