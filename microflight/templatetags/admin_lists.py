"""The list layout of the admin: saved views, and cells that know the name of their column."""

from collections.abc import Iterable, Iterator
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

from microflight.saved_views.models import SavedView
from microflight.saved_views.views import may_delete, view_query

register = template.Library()


@register.filter
def labelled(cells: Iterable[str], headers: list[dict[str, Any]]) -> Iterator[SafeString]:
    """Yield the cells of a row with `data-label`, the header's text; that of checkboxes is HTML."""
    for cell, header in zip(cells, headers, strict=False):
        text = str(header["text"])
        if text.lstrip().startswith("<"):
            yield mark_safe(cell)  # noqa: S308 (Django's own cell)
        else:
            tag, rest = cell[:3], cell[3:]  # `<td` or `<th`
            label = escape(capfirst(text))
            yield mark_safe(f'{tag} data-label="{label}"{rest}')  # noqa: S308 (Django's own cell)


@register.inclusion_tag("admin/_saved_views.html", takes_context=True)
def saved_views(context: dict[str, Any]) -> dict[str, Any]:
    """Show the views of the list on this page; the one with the page's query is the current one."""
    request, label = context["request"], context["cl"].opts.label_lower
    query = view_query(request.GET)
    views = list(SavedView.objects.shown_to(request.user, label))
    current = next((view for view in views if view.query == query), None)
    return {
        "views": views,
        "current": current,
        "query": query,
        "label": label,
        "may_delete": current is not None and may_delete(request.user, current),
        "csrf_token": context.get("csrf_token"),
    }
