"""Template filters of the checkout."""

from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def percent(rate: Decimal) -> str:
    """Return a rate such as 0.05000 as `5 %`."""
    return f"{(rate * 100).normalize():f}\N{NO-BREAK SPACE}%"


@register.filter
def field_id(name: str) -> str:
    """Return the id of a field's input, or of its first one."""
    return "id_shipping_method_0" if name == "shipping_method" else f"id_{name}"
