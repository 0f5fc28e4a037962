"""The manuals of the demo: at least 12, tagged, for products that exist."""

import re
from io import BytesIO

import pytest
from django.test import Client
from pypdf import PdfReader

from catalog.manuals.models import Manual, ManualRevision
from catalog.models import Product
from catalog.seed import manuals
from catalog.seed.tables import product_rows
from tests.catalog import factories
from tests.pdf_files import tags

SOURCES = list(manuals.sources())
SKUS = {row.sku: row for row in product_rows()}


def test_files_name_products_and_titles_once() -> None:
    titles = {source.slug: source.head["title"] for source in SOURCES}
    assert len(titles) == len(set(titles.values())) >= 12
    for source in SOURCES:
        assert set(source.head) <= {"title", "language", "products", "safety", "summary"}
        for sku in source.head["products"].split():
            assert not SKUS[sku].parent, sku
        headings = re.findall("^#+", source.body, flags=re.M)
        assert headings
        assert set(headings) == {"##"}


@pytest.mark.django_db
def test_demo_manuals_are_tagged_pdf(client: Client) -> None:
    factories.product("Mayfly", sku="MF-AP-MAYFLY", pictures=0)
    manuals.load()
    assert ManualRevision.objects.published().count() == len(SOURCES)
    for manual in Manual.objects.with_current():
        for revision in manual.history:
            response = client.get(manual.pdf_url(revision))
            pdf = PdfReader(BytesIO(b"".join(response.streaming_content)))
            root = pdf.trailer["/Root"]
            assert root["/MarkInfo"]["/Marked"]
            assert root["/Lang"] == manual.language
            assert root["/ViewerPreferences"]["/DisplayDocTitle"]
            assert pdf.metadata.title == manual.title
            found = tags(root["/StructTreeRoot"])
            assert found[:2] == ["/Document", "/Title"]
            assert "/H1" in found
            assert len(pdf.pages) == revision.pages
    mayfly = Product.objects.get()
    assert [one.slug for one in mayfly.manuals.all()] == ["mayfly"]
    current = Manual.objects.with_current().get(slug="lipo-cells").current
    assert (current.number, current.is_safety) == (2, True)


@pytest.mark.django_db
def test_second_run_changes_nothing() -> None:
    manuals.load()
    Manual.objects.filter(slug="mayfly").update(title="Changed by staff")
    before = list(ManualRevision.objects.order_by("pk").values("pk", "sha256"))
    manuals.load()
    assert list(ManualRevision.objects.order_by("pk").values("pk", "sha256")) == before
    assert Manual.objects.get(slug="mayfly").title == "Changed by staff"
