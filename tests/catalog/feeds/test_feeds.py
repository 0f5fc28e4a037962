"""The Atom feed of new products and the product feed for merchants."""

from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import StreamingHttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from catalog import tree
from catalog.feeds import merchant
from catalog.models import Product
from catalog.partner.models import StockRecord
from tests.catalog import factories

pytestmark = pytest.mark.django_db
SITE = "http://127.0.0.1:8000"
ATOM = "{http://www.w3.org/2005/Atom}"
G = "{http://base.google.com/ns/1.0}"


def entries(client: Client, feed: str = "new-arrivals") -> list[dict[str, str]]:
    response = client.get(f"/feeds/{feed}.atom")
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    root = ElementTree.fromstring(response.content)  # noqa: S314 (our own)
    return [
        {one.tag.removeprefix(ATOM): one.text or one.get("href", "") for one in entry}
        for entry in root.findall(f"{ATOM}entry")
    ]


def items(client: Client) -> list[dict[str, str]]:
    response = client.get("/feeds/products.xml")
    assert isinstance(response, StreamingHttpResponse)
    content = b"".join(response.streaming_content)  # type: ignore[arg-type]
    root = ElementTree.fromstring(content)  # noqa: S314 (our own)
    return [{one.tag.removeprefix(G): one.text or "" for one in item} for item in root.iter("item")]


def test_newest_products_come_first(client: Client) -> None:
    factories.product("Old rod", weight="1.2", price="3.50", description="<p>Thin &amp; light.</p>")
    new = factories.with_variants("Motor", ["14.00", "12.00"], description="x " * 400)
    factories.product("Draft", is_public=False)
    first, second = entries(client)
    assert first["title"] == "Motor"
    assert first["link"] == SITE + new.get_absolute_url()
    assert first["summary"].startswith("3.6\N{NO-BREAK SPACE}g, from $12.00, In stock. x x")
    assert len(first["summary"]) < 560
    assert second["title"] == "Old rod"
    assert second["summary"] == "1.2\N{NO-BREAK SPACE}g, $3.50, In stock. Thin & light."


def test_sale_feed_lists_reduced_products_only(client: Client) -> None:
    factories.product("Rod")
    motor = factories.with_variants("Motor", ["14.00", "12.00"])
    record = StockRecord.objects.get(product=motor.children.first())
    record.price, record.sale_until = "9.00", timezone.localdate() + timedelta(days=9)
    record.save()
    (entry,) = entries(client, "sale")
    assert (entry["title"], entry["link"]) == ("Motor", SITE + motor.get_absolute_url())
    assert entry["summary"].startswith("3.6\N{NO-BREAK SPACE}g, from $9.00, In stock.")


def test_entry_keeps_its_id_when_the_product_is_renamed(client: Client) -> None:
    product = factories.product("Rod")
    before = entries(client)[0]["id"]
    product.slug = "carbon-rod"
    product.save()
    cache.clear()
    assert entries(client)[0]["id"] == before == f"tag:127.0.0.1,1996:product-{product.pk}"
    assert "carbon-rod" in entries(client)[0]["link"]


def test_atom_feed_takes_two_queries_and_is_cached(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3):
        factories.product(f"Rod {number}")
    with django_assert_num_queries(2):
        assert len(entries(client)) == 3
    with django_assert_num_queries(0):
        entries(client)


def test_pages_announce_the_feed(client: Client) -> None:
    link = (
        '<link rel="alternate" type="application/atom+xml" title="New arrivals" '
        'href="/feeds/new-arrivals.atom">'
    )
    assert link in client.get("/contact/").content.decode()


def test_product_has_the_attributes_of_the_merchant_format(client: Client) -> None:
    rods = factories.category("Rods & tubes", factories.category("Parts"))
    product = factories.product(
        "Rod <1 mm>", sku="MF-ROD", price="3.50", weight="1.25", pictures=2, into=rods,
        description="<p>Thin &amp; light\x0b.</p>",
        facts={"manufacturer": "Carbon Works, 1 Elm Street, Regina"},
    )  # fmt: skip
    assert items(client) == [
        {
            "id": "MF-ROD",
            "title": "Rod <1 mm>",
            "description": "Thin & light .",
            "link": SITE + product.get_absolute_url(),
            "image_link": f"{SITE}/media/products/MF-ROD-0.png",
            "additional_image_link": f"{SITE}/media/products/MF-ROD-1.png",
            "availability": "in_stock",
            "price": "3.50 CAD",
            "condition": "new",
            "brand": "Carbon Works",
            "mpn": "MF-ROD",
            "product_type": "Parts > Rods & tubes",
            "shipping_weight": "1.25 g",
        }
    ]


def test_variants_are_items_of_one_group(client: Client) -> None:
    product = factories.with_variants("Motor", ["14.00", "12.00"], sku="MF-M")
    hidden = Product.objects.create(
        title="Hidden", parent=product, structure="child", is_public=False
    )
    found = items(client)
    assert hidden.title not in [one["title"] for one in found]
    assert [(one["id"], one["price"], one["item_group_id"]) for one in found] == [
        ("MF-MOTOR-SIZE-1", "14.00 CAD", "MF-M"),
        ("MF-MOTOR-SIZE-2", "12.00 CAD", "MF-M"),
    ]
    assert found[0]["link"] == f"{SITE}{product.get_absolute_url()}?variant=MF-MOTOR-SIZE-1"
    assert client.get(found[0]["link"].removeprefix(SITE)).status_code == 200
    assert found[1]["shipping_weight"] == "2 g"


def test_availability_price_and_gtin(client: Client) -> None:
    factories.product("A", stock=1, sku="0012345678905")
    factories.product("B", stock=0)
    record = StockRecord.objects.get(product=factories.product("C", stock=0))
    StockRecord.objects.filter(pk=record.pk).update(backorder=True, expected_on=date(2027, 1, 15))
    factories.product("No price", price=None)
    factories.product("Draft", is_public=False)
    found = items(client)
    names = ("title", "availability", "gtin", "availability_date")
    assert [tuple(one.get(name, "") for name in names) for one in found] == [
        ("A", "in_stock", "0012345678905", ""),
        ("B", "out_of_stock", "", ""),
        ("C", "backorder", "", "2027-01-15T12:00:00-06:00"),
    ]


def test_reduced_price_is_a_sale_price(client: Client) -> None:
    record = StockRecord.objects.get(product=factories.product("Rod", price="10.00"))
    record.price, record.sale_until = "8.00", timezone.localdate()
    record.save()
    (found,) = items(client)
    assert (found["price"], found["sale_price"]) == ("10.00 CAD", "8.00 CAD")


def test_product_feed_is_streamed_in_batches_and_then_cached(
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(merchant, "_BATCH", 2)
    titles = [factories.product(f"Rod {number}").title for number in range(5)]
    with CaptureQueriesContext(connection) as seen:
        first = items(client)
    assert len(seen) == 1 + 3 * 2 + 1  # categories; batches; the empty one
    assert [one["title"] for one in first] == titles
    with django_assert_num_queries(0):
        assert items(client) == first


def test_feed_that_was_not_read_to_its_end_is_not_cached() -> None:
    factories.product("Rod")
    pieces = merchant.cached_feed(tree.load)
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert cache.get("feeds:products") is None
