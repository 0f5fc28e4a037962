"""Contact, site map, robots.txt, security.txt, and the page for an expired form."""

from datetime import UTC, timedelta

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.static import serve

from catalog.models import Category, Product
from microflight import navigation
from microflight.core.business import FACTS
from microflight.core.page_cache import shared_page
from policies.services import versions_in_force

SITEMAP_LIMIT = 50_000  # URLs in one file, sitemaps.org protocol 0.9
SITEMAP_SECONDS = 600
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
    "/search/",
)


@shared_page()
def contact(request: HttpRequest) -> HttpResponse:
    """Show how to contact the shop."""
    return render(request, "pages/contact.html")


@shared_page()
def site_map(request: HttpRequest) -> HttpResponse:
    """Show links to all categories and policies."""
    return render(
        request,
        "pages/site_map.html",
        {"entries": navigation.menu(request), "versions": versions_in_force()},
    )


def sitemap_xml(request: HttpRequest) -> HttpResponse:
    """List every public page for search engines, cached for ten minutes."""
    key = "site:sitemap"
    xml = cache.get(key)
    if xml is None:
        urls = [f"{settings.SITE_URL}{path}" for path in public_paths()]
        xml = render_to_string("pages/sitemap.xml", {"urls": urls[:SITEMAP_LIMIT]})
        cache.set(key, xml, SITEMAP_SECONDS)
    return HttpResponse(xml, content_type="application/xml; charset=utf-8")


def public_paths() -> list[str]:
    """Return the path of every public page: three queries."""
    found = ["/", reverse("contact"), reverse("site-map"), reverse("policies:index")]
    found += [version.policy.get_absolute_url() for version in versions_in_force()]
    return found + _category_paths() + _product_paths()


def _category_paths() -> list[str]:
    slugs: dict[str, str] = {}  # path in the tree -> slugs from the top
    found = []
    for category in Category.objects.filter(is_public=True).order_by("path"):
        parent = category.path[: -Category.steplen]
        if category.depth > 1 and parent not in slugs:
            continue  # below a category that is not public
        slug = f"{slugs[parent]}/{category.slug}" if category.depth > 1 else category.slug
        slugs[category.path] = slug
        found.append(
            reverse("catalogue:category", kwargs={"category_slug": slug, "pk": category.pk})
        )
    return found


def _product_paths() -> list[str]:
    products = Product.objects.filter(is_public=True).exclude(structure=Product.CHILD)
    rows = products.order_by("pk").values_list("slug", "pk")[:SITEMAP_LIMIT]
    return [
        reverse("catalogue:detail", kwargs={"product_slug": slug, "pk": pk}) for slug, pk in rows
    ]


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
