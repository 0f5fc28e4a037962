"""The policies as everybody may read them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from microflight.page_cache import shared_page
from policies import markdown, services
from policies.models import PolicyVersion


@shared_page()
def index(request: HttpRequest) -> HttpResponse:
    """List the policies with the date of each one's last update."""
    return render(request, "policies/index.html", {"versions": services.versions_in_force()})


@shared_page()
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the text in force."""
    try:
        version = services.current_version(slug)
    except PolicyVersion.DoesNotExist:
        raise Http404 from None
    text = markdown.render(version.body)
    return render(request, "policies/page.html", {"version": version, "text": text})
