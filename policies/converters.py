"""What may stand in the addresses of policies. Anything else is not found."""

from datetime import date

from django.urls import register_converter


class Number:
    """A version's number, written one way only."""

    regex = "[1-9][0-9]{0,4}"

    def to_python(self, value: str) -> int:
        """Return the number."""
        return int(value)

    def to_url(self, value: int) -> str:
        """Return the number as the address writes it."""
        return str(value)


class Day:
    """A day as 2026-05-01."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        """Return the day. Raises ValueError where the calendar has none such."""
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        """Return the day as the address writes it."""
        return value.isoformat()


class Language:
    """A language as BCP 47 names it, e.g. fr or fr-CA."""

    regex = "[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}"

    def to_python(self, value: str) -> str:
        """Return the language."""
        return value

    def to_url(self, value: str) -> str:
        """Return the language as the address writes it."""
        return value


def register() -> None:
    """Let addresses use them."""
    register_converter(Number, "version")
    register_converter(Day, "day")
    register_converter(Language, "language")
