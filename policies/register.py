"""What rooms declare so that a text can list it: cookies, and companies that get data.

A room calls these in its AppConfig.ready(); a text says `{{ cookies }}` or `{{ processors }}`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Cookie:
    """A note in the visitor's browser: what it is for and how long it stays, in words."""

    name: str
    purpose: str
    lasts: str


@dataclass(frozen=True, slots=True)
class Processor:
    """A company that gets personal data, which data, and what for, as the end of a sentence."""

    name: str
    gets: "StrOrPromise"


_COOKIES: dict[str, Cookie] = {}
_PROCESSORS: dict[str, Processor] = {}


def add_cookie(name: str, *, purpose: str, lasts: str) -> None:
    """Declare a cookie that pages of this site set."""
    _COOKIES[name] = Cookie(name, purpose, lasts)


def add_processor(name: str, *, gets: "StrOrPromise") -> None:
    """Declare a company that gets personal data."""
    _PROCESSORS[name] = Processor(name, gets)


def cookies() -> list[Cookie]:
    """Return every cookie that was declared, by name."""
    return [_COOKIES[name] for name in sorted(_COOKIES)]


def cookie_table() -> str:
    """Return the cookies as a Markdown table."""
    rows = [f"| {each.name} | {each.purpose} | {each.lasts} |" for each in cookies()]
    return "\n".join(["| Cookie | What it does | How long |", "| --- | --- | --- |", *rows])


def processor_list() -> str:
    """Return who gets what as a Markdown list."""
    found = [_PROCESSORS[name] for name in sorted(_PROCESSORS)]
    return "\n".join(f"- **{each.name}** {each.gets}" for each in found)


def lasting(seconds: int) -> str:
    """Return a time in the words of a text: "2 weeks", "30 days", "1 year"."""
    days = seconds // 86_400
    if days >= 364:
        return _many(round(days / 365), "year")
    return _many(days // 7, "week") if days % 7 == 0 else _many(days, "day")


def _many(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
