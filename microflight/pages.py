"""Contact, site map, robots.txt, security.txt, and the page for an expired form."""

from datetime import UTC, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.static import serve

from catalog import tree
from microflight.core.business import FACTS
from microflight.core.page_cache import shared_page
from policies.services import versions_in_force

SECURITY_TXT_EXPIRES = timedelta(days=180)
# Pages of one visitor, or with endless variants.
NOT_FOR_ROBOTS = (
    "/account/",
    "/admin/",
    "/cart/",
    "/checkout/",
    "/compare/",
    "/external-offers/",
    "/orders/",
    "/questions/",
    "/saved-searches/",
    "/search/",
    "/wish-lists/",
)


@shared_page()
def contact(request: HttpRequest) -> HttpResponse:
    """Show how to contact the shop."""
    return render(request, "pages/contact.html")


@shared_page()
def site_map(request: HttpRequest) -> HttpResponse:
    """Show links to all categories, policies and feeds."""
    context = {"categories": tree.of(request).roots, "versions": versions_in_force()}
    return render(request, "pages/site_map.html", context)


def robots(request: HttpRequest) -> HttpResponse:
    """Exclude personal pages from search engines."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in NOT_FOR_ROBOTS)]
    lines += ["", f"Sitemap: {settings.SITE_URL}{reverse('sitemap-xml')}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


def security_txt(request: HttpRequest) -> HttpResponse:
    """Show security contacts (RFC 9116: `Expires` within a year)."""
    expires = timezone.now().astimezone(UTC).replace(microsecond=0) + SECURITY_TXT_EXPIRES
    lines = [
        f"Contact: mailto:{FACTS.service_email}",
        f"Contact: tel:{FACTS.telephone_link}",
        f"Expires: {expires:%Y-%m-%dT00:00:00Z}",
        "Preferred-Languages: en",
        f"Canonical: {settings.SITE_URL}{reverse('security-txt')}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Serve an uploaded image. A changed image has a new name, so browsers may cache it."""
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    response.headers["Cache-Control"] = "public, max-age=604800"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that a form has expired, and how to submit it again. Nothing was changed."""
    return render(request, "403_csrf.html", status=403)
