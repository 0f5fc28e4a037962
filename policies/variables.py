"""What policies do not write out themselves: facts of the business, and parts made from settings.

A text says `{{ telephone }}`; publishing puts the value of that moment in for good. Each room
registers what it knows (checkout: ways to pay, services and zones), in its AppConfig.ready().
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from microflight.core.business import FACTS
from policies import register as declared

#: Whatever stands between the braces: what is no name of ours is unknown, and never published.
_VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_READERS: dict[str, Callable[[], str]] = {
    "shop": lambda: FACTS.shop,
    "company": lambda: FACTS.company,
    "address": lambda: f"{FACTS.address_line}",
    "telephone": lambda: FACTS.telephone,
    "fax": lambda: FACTS.fax,
    "sales_email": lambda: FACTS.sales_email,
    "service_email": lambda: FACTS.service_email,
    "hours": lambda: f"Monday to Friday, {FACTS.opens}:00 to {FACTS.closes}:00 Saskatchewan time",
    "return_window_days": lambda: str(settings.RETURN_WINDOW_DAYS),
    "damage_report_days": lambda: str(settings.DAMAGE_REPORT_DAYS),
    "dispatch_days": lambda: str(settings.DISPATCH_DAYS),
    "authorization_days": lambda: str(settings.CARD_AUTHORIZATION_DAYS),
    "payment_minutes": lambda: str(settings.PAYMENT_WINDOW_MINUTES),
    "cookies": declared.cookie_table,
    "processors": declared.processor_list,
}


@dataclass(frozen=True, slots=True)
class Unknown:
    """A variable that nobody knows, and the line of the text in which it stands, from 1."""

    name: str
    line: int

    def __str__(self) -> str:
        return f"Line {self.line}: nobody knows the variable “{self.name}”."


class UnknownVariable(Exception):
    """A text asks for something that the shop does not know. Its text may be shown to staff."""

    def __init__(self, unknown: list[Unknown]) -> None:
        super().__init__(" ".join(str(each) for each in unknown))
        self.unknown = unknown


def register(name: str, read: Callable[[], str]) -> None:
    """Let texts say `{{ name }}`; `read` returns Markdown as of now."""
    _READERS[name] = read


def names() -> list[str]:
    """Return every variable that a text may use."""
    return sorted(_READERS)


def unknown_in(source: str) -> list[Unknown]:
    """Return the variables of a text that nobody knows, in their order."""
    return [
        Unknown(found[1], source.count("\n", 0, found.start()) + 1)
        for found in _VARIABLE.finditer(source)
        if found[1] not in _READERS
    ]


def filled(source: str) -> str:
    """Return a text with every variable's present value. Raises UnknownVariable."""
    if unknown := unknown_in(source):
        raise UnknownVariable(unknown)
    return _VARIABLE.sub(lambda found: _READERS[found[1]](), source)


def shown(source: str) -> str:
    """Return a text as far as it can be filled in today: what nobody knows is said in its place."""
    asked = set(_VARIABLE.findall(source))
    values = {name: _READERS[name]() if name in _READERS else f"**[{name}?]**" for name in asked}
    return _VARIABLE.sub(lambda found: values[found[1]], source)
