"""Template filters of the checkout."""

from django import template

from microflight.core.money import format_percent

register = template.Library()
register.filter("percent", format_percent)


@register.filter
def field_id(name: str) -> str:
    """Return the id of a field's input, or of its first one."""
    return "id_shipping_method_0" if name == "shipping_method" else f"id_{name}"
