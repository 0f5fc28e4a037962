"""The records that a staff member opened last, for the menu. Kept in the session: they end with
the login, and cost no statement to show."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.utils.text import Truncator

KEY = "recent_items"
MAX_ITEMS = 8


def recent_items(request: HttpRequest) -> list[list[str]]:
    """Return the title and URL of each record, the last one first."""
    return request.session.get(KEY, [])


def remembers_records(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let a view of the admin note the record whose page it shows."""

    @wraps(view)
    def noting(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = view(request, *args, **kwargs)
        match = request.resolver_match
        is_record = match is not None and (match.url_name or "").endswith("_change")
        if is_record and request.method == "GET" and response.status_code == 200:
            _note(request, getattr(response, "context_data", None) or {})
        return response

    return noting


def _note(request: HttpRequest, context: dict[str, Any]) -> None:
    shown = context.get("original") or context.get("title")
    item = [Truncator(str(shown)).chars(60), request.path]
    items = recent_items(request)
    if shown and items[:1] != [item]:
        others = [each for each in items if each[1] != request.path]
        request.session[KEY] = [item, *others][:MAX_ITEMS]
