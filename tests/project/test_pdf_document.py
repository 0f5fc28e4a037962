"""Business documents as PDF: tagged, deterministic, in Letter and A4."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from microflight.core import pdf_document
from microflight.core.pdf_document import Document, Paper
from microflight.core.typst_pdf import CannotPrint
from tests.pdf_files import tags

DATED = datetime(2026, 11, 30, 18, 0, 5, 123456, tzinfo=UTC)
SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 7"><path d="M0 0h10v7z"/></svg>'


def invoice(name: str = "Dana Reyes") -> Document:
    return Document(
        title="Invoice 1001",
        dated=DATED,
        sections=[
            pdf_document.columns(("From", ["Plantraco Ltd."]), ("Bill to", [name])),
            pdf_document.facts([("Order", "100016"), ("Left out", "")]),
            pdf_document.table(
                ["Item", "Amount"], [["Butterfly", "$49.95"]],
                align="wr", sums=[("GST 5%", "$2.50"), ("Total", "$52.45")],
            ),
            pdf_document.text("Paid in full.", heading="Terms"),
            pdf_document.page_break(),
            pdf_document.image(SQUARE, alt="A mark", width_mm=100),
        ],
        footer=["SHA-256 abc"],
        language="en-CA",
    )  # fmt: skip


def read(document: Document, paper: Paper = Paper.LETTER) -> PdfReader:
    return PdfReader(BytesIO(pdf_document.render(document, paper)))


def test_document_is_tagged_with_title_language_and_description_of_images() -> None:
    pdf = read(invoice())
    root = pdf.trailer["/Root"]
    assert root["/Lang"] == "en-CA"
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    assert (pdf.metadata.title, pdf.metadata.author) == ("Invoice 1001", "Plantraco Ltd.")
    found = tags(root["/StructTreeRoot"])
    assert found[:2] == ["/Document", "/Title"]
    assert found.count("/H1") == 3
    assert found.count("/TH") == 2
    assert found.count("/TD") == 2 + 4
    assert "/Figure" in found


def test_document_prints_labels_values_and_sums() -> None:
    text = " ".join(read(invoice()).pages[0].extract_text().split())
    assert "Bill to Dana Reyes Order 100016 Item Amount Butterfly $49.95 GST 5% $2.50" in text
    assert "Total $52.45 Terms Paid in full." in text
    assert "Left out" not in text
    assert "S7H 0S3 SHA-256 abc 1 / 2" in text


@pytest.mark.parametrize(
    ("country", "wanted", "paper", "points"),
    [
        ("CA", "", Paper.LETTER, (612, 792)),
        ("US", "", Paper.LETTER, (612, 792)),
        ("DE", "", Paper.A4, (595.28, 841.89)),
        ("DE", "us-letter", Paper.LETTER, (612, 792)),
        ("CA", "a4", Paper.A4, (595.28, 841.89)),
        ("JP", "papyrus", Paper.A4, (595.28, 841.89)),
    ],
)
def test_paper_is_that_of_the_country_unless_chosen(
    country: str, wanted: str, paper: Paper, points: tuple[float, float]
) -> None:
    chosen = pdf_document.paper_for(country, wanted)
    assert chosen == paper
    box = read(invoice(), chosen).pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx(points, abs=0.01)


# Mutation: without `timestamp` the creation date was the current time.
@settings(max_examples=20)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x2AF, categories=["L", "P", "S"])))
def test_same_content_gives_the_same_bytes_with_its_text(name: str) -> None:
    first = pdf_document.render(invoice(name), Paper.A4)
    assert pdf_document.render(invoice(name), Paper.A4) == first


@pytest.mark.parametrize("name", ["Зоя Ωμέγα", "Żółć", "#panic(1) $x^2$ @ref *b*", "नमस्ते"])
def test_names_are_printed_as_they_are(name: str) -> None:
    text = read(invoice(name)).pages[0].extract_text()
    assert name.split()[0][:2] in text


def test_character_in_no_font_gets_a_message() -> None:
    with pytest.raises(CannotPrint, match="have no character “.*10fffd"):
        pdf_document.render(invoice("Dana \U0010fffd"), Paper.A4)
