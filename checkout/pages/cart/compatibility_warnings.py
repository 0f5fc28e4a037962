"""What does not work together in a cart: warnings, which never keep anyone from ordering."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import ngettext

from catalog.compatibility.combination import Combination
from catalog.compatibility.models import Interface
from catalog.read_model import member_of

#: Lines of a cart that are compared, and warnings that are shown, at most.
MOST_LINES, MOST_WARNINGS = 100, 8


def compatibility_warnings(lines: Iterable[Any]) -> list[str]:
    """Return the warnings about the products of basket lines, the most serious first. No query for
    lines that the cart has loaded. A kit counts as its components."""
    cart = Combination(
        member_of(product) for line in list(lines)[:MOST_LINES] for product in _parts(line.product)
    )
    found = [*cart.damage(), *cart.wrong_connectors(), *_not_charged(cart)]
    return list(dict.fromkeys(found))[:MOST_WARNINGS]


def _parts(product: Any) -> list[Any]:
    """Return the product, or the components of a kit."""
    return [each.component for each in product.components] or [product]


def _not_charged(cart: Combination) -> Iterator[str]:
    """Yield one warning about cells without a charger, and one about built-in batteries."""
    unmet = [port for port in cart.unmet() if port.interface == Interface.CHARGING]
    cells = [cart.title_of(port) for port in unmet if cart.has(port, Interface.BATTERY)]
    others = [cart.title_of(port) for port in unmet if not cart.has(port, Interface.BATTERY)]
    if cells:
        text = ngettext(
            "Nothing in this cart charges this cell: %(names)s.",
            "Nothing in this cart charges these cells: %(names)s.",
            len(cells),
        )
        yield text % {"names": "; ".join(cells)}
    if others:
        text = ngettext(
            "Nothing in this cart charges the battery of this item: %(names)s.",
            "Nothing in this cart charges the batteries of these items: %(names)s.",
            len(others),
        )
        yield text % {"names": "; ".join(others)}
