"""The library, the pages of a manual, its PDF, and the documents of a product."""

from io import BytesIO
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image
from pypdf import PdfReader

from catalog.manuals import services
from catalog.manuals.models import Manual
from catalog.models import ProductImage
from microflight.core.errors import ServiceError
from tests.catalog import factories
from tests.catalog.manuals.manuals import draft, published
from tests.pdf_files import tags

pytestmark = pytest.mark.django_db


def page(client: Client, url: str, status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status, url
    return response.content.decode()


def pdf(client: Client, url: str) -> PdfReader:
    return PdfReader(BytesIO(b"".join(client.get(url).streaming_content)))


def test_manual_and_product_link_to_each_other(client: Client) -> None:
    mayfly = factories.product("Mayfly", sku="MF-AP-MAYFLY")
    published("Mayfly manual", mayfly)
    product = page(client, mayfly.get_absolute_url())
    assert '<h2 id="documents">Documents</h2>' in product
    assert 'href="/manuals/mayfly-manual/"' in product
    assert 'href="/manuals/mayfly-manual/1.pdf"' in product
    assert "English · Revision 1 ·" in product
    manual = page(client, "/manuals/mayfly-manual/")
    assert f'href="{mayfly.get_absolute_url()}"' in manual
    assert '<h2 id="charging">Charging</h2>' in manual
    assert "PDF, 1 page" in manual
    assert "Superseded" not in manual


def test_product_without_manual_has_no_documents(client: Client) -> None:
    mayfly = factories.product("Mayfly")
    draft("Mayfly manual", mayfly)
    assert 'id="documents"' not in page(client, mayfly.get_absolute_url())


def test_draft_is_not_shown(client: Client) -> None:
    draft()
    assert "mayfly-manual" not in page(client, "/manuals/")
    for url in ("/manuals/mayfly-manual/", "/manuals/mayfly-manual.pdf",
                "/manuals/mayfly-manual/1/", "/manuals/mayfly-manual/1.pdf"):  # fmt: skip
        page(client, url, 404)


# Mutation: without `pdf_standards` of the layout the file had no structure tree.
def test_pdf_is_tagged_with_title_language_headings_and_alt_text(client: Client) -> None:
    mayfly = factories.product("Mayfly", sku="MF-AP-MAYFLY", pictures=0)
    image = ProductImage(product=mayfly, caption="Mayfly from the left", width=1, height=1)
    out = BytesIO()
    Image.new("RGB", (9, 9), "red").save(out, "PNG")
    image.original.save("products/mayfly.png", BytesIO(out.getvalue()))
    published("Mayfly manual", mayfly)
    read = pdf(client, "/manuals/mayfly-manual/1.pdf")
    root = read.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-CA"
    assert read.metadata.title == "Mayfly manual"
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    found = tags(root["/StructTreeRoot"])
    assert found[:2] == ["/Document", "/Title"]
    assert [found.count(tag) for tag in ("/H1", "/L", "/LI", "/TH", "/TD", "/Figure")] == [
        1, 1, 2, 2, 2, 1,
    ]  # fmt: skip
    text = " ".join(read.pages[0].extract_text().split())
    assert "For: Mayfly (MF-AP-MAYFLY)" in text
    assert "Newest revision: " in text
    assert "/manuals/mayfly-manual/" in text


def test_pdf_headers(client: Client) -> None:
    revision = published()
    response = client.get("/manuals/mayfly-manual/1.pdf")
    headers = {name: response[name] for name in (
        "Content-Type", "Content-Disposition", "X-Content-Type-Options", "Cache-Control", "ETag",
    )}  # fmt: skip
    assert headers == {
        "Content-Type": "application/pdf",
        "Content-Disposition": 'inline; filename="mayfly-manual-revision-1.pdf"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "public, max-age=86400",
        "ETag": f'"{revision.sha256}"',
    }
    assert int(response["Content-Length"]) == revision.size
    assert len(b"".join(response.streaming_content)) == revision.size
    again = client.get("/manuals/mayfly-manual/1.pdf", headers={"If-None-Match": headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/manuals/mayfly-manual.pdf")["Location"] == "/manuals/mayfly-manual/1.pdf"


def test_old_revision_stays_and_is_marked_as_superseded(client: Client) -> None:
    first = published(body="## Old\n\nOld text.")
    published(body="## New\n\nNew text.", summary="A new limit.")
    old = page(client, "/manuals/mayfly-manual/1/")
    assert "Old text." in old
    assert "<strong>Superseded.</strong> Revision 2 replaces this one." in old
    assert '<meta name="robots" content="noindex">' in old
    new = page(client, "/manuals/mayfly-manual/")
    assert "New text." in new
    assert "A new limit." in new
    assert 'href="/manuals/mayfly-manual/1/"' in new
    response = client.get("/manuals/mayfly-manual/1.pdf")
    assert response["Content-Disposition"].endswith('"mayfly-manual-revision-1-superseded.pdf"')
    assert response["ETag"] == f'"{first.sha256}"'
    assert client.get("/manuals/mayfly-manual.pdf")["Location"] == "/manuals/mayfly-manual/2.pdf"


def test_withdrawn_manual_answers_410_and_is_found_nowhere(client: Client) -> None:
    mayfly = factories.product("Mayfly")
    manual = published("Mayfly manual", mayfly).manual
    Manual.objects.filter(pk=manual.pk).update(is_withdrawn=True)
    manual.refresh_from_db()
    services.manual_changed(manual)
    for url in ("/manuals/mayfly-manual/", "/manuals/mayfly-manual.pdf",
                "/manuals/mayfly-manual/1/", "/manuals/mayfly-manual/1.pdf"):  # fmt: skip
        assert "We withdrew the manual" in page(client, url, 410)
    assert 'id="documents"' not in page(client, mayfly.get_absolute_url())
    assert "mayfly-manual" not in page(client, "/manuals/")
    assert "mayfly-manual" not in page(client, "/search/?q=charging")


def test_published_revision_is_not_published_again() -> None:
    revision = published()
    with pytest.raises(ServiceError, match="published already"):
        services.publish(revision)
    assert revision.manual.revisions.get().number == 1


def test_text_that_no_font_has_publishes_nothing() -> None:
    one = draft(body="Glyph \U0010fffd")
    with pytest.raises(ServiceError, match="The PDF cannot be made: our PDF fonts have no"):
        services.publish(one)
    one.refresh_from_db()
    assert (one.number, one.published_at, bool(one.file)) == (None, None, False)


def library(client: Client, **query: str) -> list[str]:
    """Return the slugs of the manuals in the library, in order."""
    text = page(client, "/manuals/?" + "&".join(f"{k}={quote(v)}" for k, v in query.items()))
    slugs = [part.partition("/")[0] for part in text.split('href="/manuals/')[1:]]
    return [slug for slug in dict.fromkeys(slugs) if slug and '"' not in slug]


def test_library_is_filtered_by_words_product_and_language(client: Client) -> None:
    swift = factories.with_variants("Swift", ["1.00"], sku="MF-AP-SWIFT")
    midge = factories.product("Midge", sku="MF-AP-MIDGE")
    published("Swift manual", swift, body="Bind the receiver.")
    published("Midge manual", midge, body="Heating vents make wind.")
    published("Manuel Midge", midge, body="Chauffage.", language="fr-CA")
    assert library(client) == ["manuel-midge", "midge-manual", "swift-manual"]
    assert library(client, q="vent") == ["midge-manual"]
    assert library(client, q="receivers") == ["swift-manual"]
    assert library(client, q="20 mA") == []
    assert library(client, language="fr-CA") == ["manuel-midge"]
    assert library(client, language="xx") == ["manuel-midge", "midge-manual", "swift-manual"]
    assert library(client, product="mf-ap-midge") == ["manuel-midge", "midge-manual"]
    assert library(client, product="MF-SWIFT-SIZE-1") == ["swift-manual"]
    assert library(client, product="wif", q="bind") == ["swift-manual"]
    assert library(client, product="Midge", language="fr-CA", q="receiver") == []


@pytest.mark.parametrize("value", ["\0", "x" * 10_000, "%", "'; DROP", "مرحبا", "🛩", "-", '"'])
def test_library_answers_whatever_is_typed(client: Client, value: str) -> None:
    published()
    page(client, f"/manuals/?q={quote(value)}&product={quote(value)}&language={quote(value)}")


def test_library_has_pages(client: Client) -> None:
    for number in range(25):
        published(f"Manual {number:02}")
    assert len(library(client)) == 24
    assert library(client, page="2") == ["manual-24"]
    page(client, "/manuals/?page=3", 404)
    page(client, "/manuals/?page=" + "9" * 30, 404)


def test_search_finds_manuals_by_their_text(client: Client) -> None:
    factories.product("Cell tester")
    published("Cells", body="Never pierce a swollen pouch.")
    text = page(client, "/search/?q=swollen")
    assert '<a href="/manuals/cells/">' in text
    assert '<span class="type">manual</span>' in text


def test_number_of_queries_of_the_library_is_constant(client: Client) -> None:
    def queries(name: str) -> int:
        with CaptureQueriesContext(connection) as found:
            page(client, f"/manuals/?product={name}")
        return len(found)

    one = factories.product("Mayfly")
    published("A", one)
    queries("m")  # what every page reads once a minute
    few = queries("Mayfly")
    for title in ("B", "C", "D"):
        published(title, one)
    assert queries("mayfly") == few <= 5
