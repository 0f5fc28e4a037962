"""Attribute names and values as shoppers read them."""

import re
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from microflight.core.units import NO_BREAK, format_number

_UNIT = re.compile(r"^(?P<name>.+?) \((?P<unit>[^()]+)\)$")


def name_and_unit(name: str) -> tuple[str, str]:
    """Split an attribute's name: `Wingspan (mm)` gives `Wingspan` and `mm`."""
    found = _UNIT.match(name)
    return (found["name"], found["unit"]) if found else (name, "")


def with_unit(value: object, unit: str) -> str | Promise:
    """Return an attribute value as text, with its unit."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    text = format_number(value) if isinstance(value, float | Decimal) else str(value)
    if isinstance(value, int) and value >= 10_000:
        text = f"{value:,}"
    return f"{text}{NO_BREAK}{unit}" if unit else text
