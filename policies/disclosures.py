"""Cookies and data processors that packages register, so that policies can list them.

Packages register theirs in AppConfig.ready(); policies use `{{ cookies }}` and `{{ processors }}`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie of this site, its purpose and its lifetime, both as policies print them."""

    name: str
    purpose: str
    lifetime: str


@dataclass(frozen=True, slots=True)
class Processor:
    """A company that processes personal data; `receives` completes the sentence "Name ..."."""

    name: str
    receives: "StrOrPromise"


_COOKIES: dict[str, Cookie] = {}
_PROCESSORS: dict[str, Processor] = {}


def register_cookie(name: str, *, purpose: str, lifetime: str) -> None:
    """Declare a cookie that this site sets."""
    _COOKIES[name] = Cookie(name, purpose, lifetime)


def register_processor(name: str, *, receives: "StrOrPromise") -> None:
    """Declare a company that receives personal data."""
    _PROCESSORS[name] = Processor(name, receives)


def cookies() -> list[Cookie]:
    """Return the registered cookies by name."""
    return [_COOKIES[name] for name in sorted(_COOKIES)]


def cookie_table() -> str:
    """Return the cookies as a Markdown table."""
    rows = [f"| {each.name} | {each.purpose} | {each.lifetime} |" for each in cookies()]
    return "\n".join(["| Cookie | Purpose | Lifetime |", "| --- | --- | --- |", *rows])


def processor_list() -> str:
    """Return the processors and what they receive as a Markdown list."""
    processors = [_PROCESSORS[name] for name in sorted(_PROCESSORS)]
    return "\n".join(f"- **{each.name}** {each.receives}" for each in processors)


def format_duration(seconds: int) -> str:
    """Return a duration as policies print it: "2 weeks", "30 days", "1 year"."""
    days = seconds // 86_400
    if days >= 364:
        return _count(round(days / 365), "year")
    return _count(days // 7, "week") if days % 7 == 0 else _count(days, "day")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
