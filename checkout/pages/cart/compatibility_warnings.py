"""What does not work together in a cart: warnings, which never keep anyone from ordering."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import ngettext

from catalog.compatibility.combination import Combination
from catalog.compatibility.models import Interface
from catalog.read_model import member_of

#: Lines of a cart that are compared, and warnings that are shown, at most.
MOST_LINES, MOST_WARNINGS = 100, 8


def compatibility_warnings(lines: Iterable[Any]) -> list[str]:
    """Return the warnings about the products of basket lines, the most serious first. No query."""
    cart = Combination(member_of(line.product) for line in list(lines)[:MOST_LINES])
    found = [*cart.damage(), *cart.wrong_connectors()]
    unmet = [port for port in cart.unmet() if port.interface == Interface.CHARGING]
    if unmet:
        text = ngettext(
            "Nothing in this cart charges this cell: %(names)s.",
            "Nothing in this cart charges these cells: %(names)s.",
            len(unmet),
        )
        found.append(text % {"names": "; ".join(cart.title_of(port) for port in unmet)})
    return list(dict.fromkeys(found))[:MOST_WARNINGS]
