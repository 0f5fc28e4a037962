"""URL path converters for policies. Anything else is a 404."""

from datetime import date

from django.urls import register_converter
from django.urls.converters import IntConverter, StringConverter


class VersionNumberConverter(IntConverter):
    """A version number without leading zeros."""

    regex = "[1-9][0-9]{0,4}"


class DateConverter:
    """A date such as 2026-05-01."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
    to_python = staticmethod(date.fromisoformat)  # raises ValueError if it does not exist
    to_url = staticmethod(date.isoformat)


class LanguageConverter(StringConverter):
    """A BCP 47 language code, for example fr or fr-CA."""

    regex = "[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}"


def register() -> None:
    """Make the converters available to `urls.py`."""
    register_converter(VersionNumberConverter, "version")
    register_converter(DateConverter, "date")
    register_converter(LanguageConverter, "language")
