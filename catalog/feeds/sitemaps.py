"""The sections of the XML sitemap, with images and last-modified dates (sitemaps.org 0.9)."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import Max, QuerySet
from django.urls import reverse

from catalog import tree
from catalog.content.models import Page
from catalog.manuals.models import Manual
from catalog.models import Product
from catalog.read_model import product_url
from policies.models import PolicyVersion
from policies.services import versions_in_force

#: URL names of pages without a row of their own.
PAGES = [
    "home", "catalogue:index", "new-arrivals", "sale", "search:search", "manuals:index", "contact",
    "site-map", "policies:index",
]  # fmt: skip


class ShopSitemap(Sitemap):
    """A section with absolute URLs of SITE_URL: the result is cached for all hosts."""

    limit = 2_000  # URLs in one file, which is rendered as a whole; the protocol allows 50,000

    @property
    def protocol(self) -> str:  # type: ignore[override]
        return urlsplit(settings.SITE_URL).scheme

    def get_domain(self, site: Any = None) -> str:
        return urlsplit(settings.SITE_URL).netloc

    def images(self, item: Any) -> Iterable[str]:
        """Return the absolute URLs of a page's images."""
        return ()

    def get_urls(self, page: Any = 1, site: Any = None, protocol: str | None = None) -> Any:
        """Return the URLs of one file, with their images."""
        found: Any = super().get_urls(page, site, protocol)
        for url in found:
            url["images"] = self.images(url["item"])
        return found


class PageSitemap(ShopSitemap):
    """Pages that always exist."""

    def items(self) -> list[str]:
        return PAGES

    def location(self, item: Any) -> str:
        return reverse(item)


class PolicySitemap(ShopSitemap):
    """Policies in force."""

    def items(self) -> list[PolicyVersion]:
        return versions_in_force()

    def location(self, item: Any) -> str:
        return str(item.policy.get_absolute_url())

    def lastmod(self, version: PolicyVersion) -> date | None:
        return version.effective_from


class WrittenPageSitemap(ShopSitemap):
    """Pages of staff that are shown now."""

    def items(self) -> "QuerySet[Page]":
        return Page.objects.active().order_by("pk")

    def location(self, item: Any) -> str:
        return str(item.get_absolute_url())


class ManualSitemap(ShopSitemap):
    """Published manuals, as new as their current revision."""

    def items(self) -> "QuerySet[Manual]":
        return Manual.objects.published().with_current().order_by("pk")

    def location(self, item: Any) -> str:
        return str(item.get_absolute_url())

    def lastmod(self, manual: Manual) -> datetime | None:
        return manual.current.published_at


class CategorySitemap(ShopSitemap):
    """Public categories, as new as the newest product in them."""

    def items(self) -> list[tree.Node]:
        shown = Product.objects.browsable().order_by().values_list("categories")
        newest = dict(shown.annotate(newest=Max("date_updated")))
        self._newest: dict[int, datetime] = newest
        return list(tree.load().by_pk.values())

    def location(self, item: Any) -> str:
        return str(item.url)

    def lastmod(self, node: tree.Node) -> datetime | None:
        dates = (self._newest[one.pk] for one in node.branch() if one.pk in self._newest)
        return max(dates, default=None)


class ProductSitemap(ShopSitemap):
    """Public products with their images."""

    def items(self) -> "QuerySet[Product]":
        products = Product.objects.with_pages().only("slug", "date_updated")
        return products.prefetch_related("images").order_by("pk")

    def location(self, item: Any) -> str:
        return product_url(item.slug, item.pk)

    def lastmod(self, product: Product) -> datetime:
        return product.date_updated

    def get_latest_lastmod(self) -> datetime | None:
        """Return the date of the newest change: Django would load all products."""
        return Product.objects.with_pages().aggregate(newest=Max("date_updated"))["newest"]

    def images(self, item: Any) -> Iterable[str]:
        ordered = sorted(item.images.all(), key=lambda image: (image.display_order, image.pk))
        return [settings.SITE_URL + image.original.url for image in ordered]


#: By name; packages may add theirs.
SITEMAPS: dict[str, type[Sitemap] | Sitemap] = {
    "pages": PageSitemap,
    "written-pages": WrittenPageSitemap,
    "policies": PolicySitemap,
    "manuals": ManualSitemap,
    "categories": CategorySitemap,
    "products": ProductSitemap,
}
