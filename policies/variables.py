"""Variables in policies: facts about the business, and sections generated from settings.

A policy says `{{ telephone }}`; publishing replaces it with its present value for good. Packages
register their variables in AppConfig.ready(), for example payment methods and shipping zones.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from microflight.core.business import FACTS
from policies import disclosures

_VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_READERS: dict[str, Callable[[], str]] = {
    "shop": lambda: FACTS.shop,
    "company": lambda: FACTS.company,
    "address": lambda: FACTS.address_line,
    "telephone": lambda: FACTS.telephone,
    "fax": lambda: FACTS.fax,
    "sales_email": lambda: FACTS.sales_email,
    "service_email": lambda: FACTS.service_email,
    "return_window_days": lambda: str(settings.RETURN_WINDOW_DAYS),
    "damage_report_days": lambda: str(settings.DAMAGE_REPORT_DAYS),
    "dispatch_days": lambda: str(settings.DISPATCH_DAYS),
    "authorization_days": lambda: str(settings.CARD_AUTHORIZATION_DAYS),
    "order_form_days": lambda: str(settings.ORDER_FORM_DAYS),
    "payment_minutes": lambda: str(settings.PAYMENT_WINDOW_MINUTES),
    "cookies": disclosures.cookie_table,
    "processors": disclosures.processor_list,
}


@dataclass(frozen=True, slots=True)
class Unknown:
    """An unregistered variable and the line it is on, from 1."""

    name: str
    line: int

    def __str__(self) -> str:
        return _("Line %(line)s: unknown variable “%(name)s”.") % {
            "line": self.line,
            "name": self.name,
        }


class UnknownVariable(Exception):
    """A policy uses unregistered variables. The message may be shown to staff."""

    def __init__(self, unknown: list[Unknown]) -> None:
        super().__init__(" ".join(map(str, unknown)))


def register(name: str, read: Callable[[], str]) -> None:
    """Make `{{ name }}` available; `read` returns its present value as Markdown."""
    _READERS[name] = read


def names() -> list[str]:
    """Return the names of all variables."""
    return sorted(_READERS)


def unknown_in(source: str) -> list[Unknown]:
    """Return the unregistered variables of a policy in their order."""
    return [
        Unknown(match[1], source.count("\n", 0, match.start()) + 1)
        for match in _VARIABLE.finditer(source)
        if match[1] not in _READERS
    ]


def fill(source: str) -> str:
    """Return a policy with all variables replaced. Raises UnknownVariable."""
    if unknown := unknown_in(source):
        raise UnknownVariable(unknown)
    return _VARIABLE.sub(lambda match: _READERS[match[1]](), source)


def preview(source: str) -> str:
    """Return a policy with its variables replaced; unknown ones stay visible as **[name?]**."""
    used = set(_VARIABLE.findall(source))
    values = {name: _READERS[name]() if name in _READERS else f"**[{name}?]**" for name in used}
    return _VARIABLE.sub(lambda match: values[match[1]], source)
