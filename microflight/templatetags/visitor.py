"""`{% visitor_part "cart" %}`: what belongs to one visitor, see microflight/visitor.py."""

from typing import Any

from django import template
from django.utils.safestring import mark_safe

from microflight.visitor import PARTS, placeholder, render_part

register = template.Library()


@register.simple_tag(takes_context=True)
def visitor_part(context: dict[str, Any], name: str) -> str:
    """Return the part at once, or its placeholder where the page is made for everybody."""
    if name not in PARTS:
        raise template.TemplateSyntaxError(f"There is no visitor part named {name!r}.")
    if (
        "frame" in context
    ):  # made from values alone, for everybody: microflight/core/fragment_cache.py
        return placeholder(name)
    request = context.get("request")
    if request is None:  # an error page rendered without one
        return ""
    if getattr(request, "page_is_shared", False):
        return placeholder(name)
    return mark_safe(render_part(name, request))  # noqa: S308 (rendered by a template)
