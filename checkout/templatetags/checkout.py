"""Template filters of the checkout."""

from typing import Any

from django import template

from microflight.core.money import format_percent

register = template.Library()
register.filter("percent", format_percent)


@register.filter
def arrival_with(quote: Any, method: Any) -> str:
    """Return when the first items arrive with a shipping method, or an empty string."""
    return str(quote.promises.first_with(method) or "")


@register.filter
def dates_with(promises: Any, method: Any) -> Any:
    """Return when the whole cart arrives with a shipping method; None if a date is not known."""
    return promises.with_method(method).whole.dates


@register.filter
def field_id(name: str) -> str:
    """Return the id of a field's input, or of its first one."""
    return "id_shipping_method_0" if name == "shipping_method" else f"id_{name}"
