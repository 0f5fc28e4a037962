"""`{% visitor_part "cart" %}`: a visitor fragment, see microflight/visitor.py."""

from typing import Any

from django import template
from django.utils.safestring import mark_safe

from microflight.core.page_cache import placeholder
from microflight.visitor import PARTS, render_part

register = template.Library()


@register.simple_tag(takes_context=True)
def visitor_part(context: dict[str, Any], name: str) -> str:
    """Return the fragment, or its placeholder on a page that all visitors share."""
    if name not in PARTS:
        raise template.TemplateSyntaxError(f"There is no visitor fragment named {name!r}.")
    if "frame" in context:  # see microflight/core/fragment_cache.py
        return placeholder(name)
    request = context.get("request")
    if request is None:  # an error page rendered without one
        return ""
    if getattr(request, "page_is_shared", False):
        return placeholder(name)
    return mark_safe(render_part(name, request))  # noqa: S308 (rendered by a template)
