"""Icons of the lucide package, cached: its own tag builds the SVG on every use."""

from functools import lru_cache

from django import template
from django.utils.safestring import SafeString, mark_safe
from lucide import _render_icon

register = template.Library()


@register.simple_tag
def lucide(name: str, *, size: int = 24, **attributes: str | float) -> SafeString:
    """Return an icon as inline SVG; underscores in attribute names become hyphens."""
    return _drawn(str(name), size, tuple((key, str(value)) for key, value in attributes.items()))


@lru_cache(maxsize=512)
def _drawn(name: str, size: int, attributes: tuple[tuple[str, str], ...]) -> SafeString:
    return mark_safe(_render_icon(name, size, **dict(attributes)))  # noqa: S308 (package's own)
