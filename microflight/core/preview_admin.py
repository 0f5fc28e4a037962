"""The Preview button of a form: what visitors would see with what was typed; nothing is saved."""

from copy import copy
from typing import Any, cast

from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import resolve

from microflight.core.page_cache import PageRequest, fill, split


def preview(request: HttpRequest, url: str) -> HttpResponse:
    """Return a page of the shop as this transaction has it, then undo the transaction.

    It is not cached, and no cached page is invalidated.
    """
    path, _question, query = url.partition("?")
    page = cast(PageRequest, copy(request))
    page.method, page.path, page.GET = "GET", path, cast(Any, QueryDict(query))
    page.page_is_shared, page._page_stamp = True, None  # no stamp: nothing is cached
    found = resolve(path)
    try:
        response: Any = found.func(page, *found.args, **found.kwargs)
        if response.status_code == 200:
            parts = getattr(response, "page_parts", None) or split(response.content)
            response = fill(page, response, parts)
    finally:
        transaction.set_rollback(True)
    return cast(HttpResponse, response)


class PreviewMixin:
    """Adds the button to a ModelAdmin."""

    def preview_url(self, record: Any) -> str:
        """Return the path of a page that shows a record, with its query string."""
        return "/"

    def publish_for_preview(self, record: Any) -> None:
        """Let visitors see a record that was saved in this transaction, which is undone."""

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the button."""
        context["has_preview"] = True
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]  # of the ModelAdmin

    def response_add(self, request: HttpRequest, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Show the page with what was typed, if that is what the button is for."""
        if "_preview" in request.POST:
            return self.show_preview(request, obj)
        return super().response_add(request, obj, *args, **kwargs)  # type: ignore[misc]  # of the ModelAdmin

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Likewise."""
        if "_preview" in request.POST:
            return self.show_preview(request, obj)
        return super().response_change(request, obj)  # type: ignore[misc]  # of the ModelAdmin

    def show_preview(self, request: HttpRequest, record: Any) -> HttpResponse:
        """Return the page with a record that was saved in this transaction, which is undone."""
        self.publish_for_preview(record)
        return preview(request, self.preview_url(record))
