"""The pages that staff write."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.content.models import Page
from microflight.core.page_cache import shared_page
from microflight.core.scheduled import active
from policies import markdown


@require_safe
@shared_page()
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a page. Raises Http404 before its start, after its end, and for a draft."""
    for found in active(request, Page.objects.not_ended().filter(slug=slug)):
        context = {"page": found, "body": markdown.render(found.text)}
        return render(request, "pages/page.html", context)
    raise Http404
