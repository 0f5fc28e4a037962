"""The XML sitemap and the HTML site map."""

from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from catalog.content.models import Page
from catalog.feeds.sitemaps import ProductSitemap
from catalog.models import Product
from policies import seed
from tests.catalog import factories
from tests.catalog.manuals.manuals import published

pytestmark = pytest.mark.django_db
SITE = "http://127.0.0.1:8000"
NS = {
    "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "image": "http://www.google.com/schemas/sitemap-image/1.1",
}


def read(client: Client, url: str) -> ElementTree.Element:
    response = client.get(url)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/xml; charset=utf-8"
    return ElementTree.fromstring(response.content)  # noqa: S314 (our own)


def texts(root: ElementTree.Element, path: str) -> list[str | None]:
    return [one.text for one in root.iterfind(path, NS)]


def test_every_url_of_the_sitemap_responds(client: Client) -> None:
    seed.load()
    gear = factories.category("Gear")
    motors = factories.category("Motors", gear)
    factories.category("Hidden", is_public=False)
    published("Mayfly manual", factories.with_variants("Motor", ["14.00", "12.00"], into=motors))
    factories.product("Draft", is_public=False)
    Page.objects.create(title="About us", slug="about", text="Text.", is_published=True)
    Page.objects.create(title="Draft", slug="draft", text="Text.")
    files = texts(read(client, "/sitemap.xml"), "s:sitemap/s:loc")
    names = ("pages", "written-pages", "policies", "manuals", "categories", "products")
    assert files == [f"{SITE}/sitemap-{name}.xml" for name in names]
    found = [
        (url or "").removeprefix(SITE)
        for file in files
        for url in texts(read(client, (file or "").removeprefix(SITE)), "s:url/s:loc")
    ]
    assert len(found) == len(set(found)) == 9 + 1 + 7 + 1 + 2 + 1
    assert {"/", "/policies/privacy/", gear.get_absolute_url()} <= set(found)
    assert [url for url in found if client.get(url).status_code != 200] == []


def test_products_have_images_and_dates(client: Client) -> None:
    product = factories.product("Rod & tube", pictures=2)
    today = timezone.localdate().isoformat()
    root = read(client, "/sitemap-products.xml")
    assert texts(root, "s:url/s:loc") == [SITE + product.get_absolute_url()]
    assert texts(root, "s:url/s:lastmod") == [today]
    assert texts(root, "s:url/image:image/image:loc") == [
        f"{SITE}/media/products/MF-ROD-&-TUBE-{n}.png".replace("&", "%26") for n in range(2)
    ]


def test_category_is_as_new_as_the_newest_product_below_it(client: Client) -> None:
    gear = factories.category("Gear")
    product = factories.product("Rod", into=factories.category("Rods", gear))
    factories.category("Empty")
    Product.objects.filter(pk=product.pk).update(date_updated="2026-03-04T12:00Z")
    root = read(client, "/sitemap-categories.xml")
    dates = {
        one.findtext("s:loc", "", NS).rsplit("/", 2)[1].partition("_")[0]: one.findtext(
            "s:lastmod", None, NS
        )
        for one in root.iterfind("s:url", NS)
    }
    assert dates == {"gear": "2026-03-04", "rods": "2026-03-04", "empty": None}


def test_index_lists_further_files(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProductSitemap, "limit", 2)
    urls = [factories.product(f"Rod {n}").get_absolute_url() for n in range(5)]
    files = texts(read(client, "/sitemap.xml"), "s:sitemap/s:loc")[5:]
    names = ["", "?p=2", "?p=3"]
    assert files == [f"{SITE}/sitemap-products.xml{name}" for name in names]
    listed = [texts(read(client, f"/sitemap-products.xml{name}"), "s:url/s:loc") for name in names]
    assert [url for file in listed for url in file] == [SITE + url for url in urls]


@pytest.mark.parametrize("page", ["0", "2", "9" * 30, "-1", "x", "٣", "%00", ""])
def test_page_past_the_end_is_not_found(client: Client, page: str) -> None:
    assert client.get(f"/sitemap-products.xml?p={page}").status_code == 404
    assert client.get("/sitemap-nothing.xml").status_code == 404


def test_sitemap_is_cached_and_takes_few_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    for number in range(5):
        factories.product(f"Rod {number}")
    with CaptureQueriesContext(connection) as seen:
        first = client.get("/sitemap-products.xml", headers={"host": "evil.example"})
    # site, count, products, images
    assert len(seen) <= 4
    with django_assert_num_queries(0):
        assert client.get("/sitemap-products.xml?p=1&x=2").content == first.content
    assert b"evil.example" not in first.content


def test_site_map_lists_all_levels_of_categories(client: Client) -> None:
    top = factories.category("Gear")
    deep = factories.category("Coreless", factories.category("Motors", top))
    page = client.get("/site-map/").content.decode()
    assert f'<a href="{deep.get_absolute_url()}">Coreless</a>' in page
    assert 'href="/feeds/new-arrivals.atom"' in page
    assert 'href="/site-map/"' in client.get("/contact/").content.decode()
