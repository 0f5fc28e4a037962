"""The policies as everybody may read them."""

from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from policies import markdown, services
from policies.models import PolicyVersion

PAGE_SECONDS = 60


def index(request: HttpRequest) -> HttpResponse:
    """List the policies with the date of each one's last update."""
    versions = cache.get(services.page_key(""))
    if versions is None:
        versions = services.versions_in_force()
        cache.set(services.page_key(""), versions, PAGE_SECONDS)
    return render(request, "policies/index.html", {"versions": versions})


def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the text in force."""
    content = cache.get(services.page_key(slug))
    if content is None:
        content = _read(slug)
        cache.set(services.page_key(slug), content, PAGE_SECONDS)
    return render(request, "policies/page.html", content)


def _read(slug: str) -> dict[str, Any]:
    try:
        version = services.current_version(slug)
    except PolicyVersion.DoesNotExist:
        raise Http404 from None
    return {"version": version, "text": markdown.render(version.body)}
