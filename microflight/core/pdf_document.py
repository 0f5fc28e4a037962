"""Business documents as PDF: a title, then sections of addresses, facts, tables, text and images.

`Document.sections` is plain JSON, so that a document can be frozen in a row and printed later with
the same bytes. Every text in it is printed as it is, never read as markup.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import models
from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from microflight.core import typst_pdf
from microflight.core.business import FACTS

TEMPLATE = Path(__file__).with_name("pdf_document.typ")
#: The countries of our customers that use Letter paper; the others use A4.
_LETTER_COUNTRIES = {"CA", "US"}
Section = dict[str, Any]


class Paper(models.TextChoices):
    """Paper sizes by their name in Typst."""

    LETTER = "us-letter", _("Letter")
    A4 = "a4", _("A4")


def paper_for(country: str, wanted: str = "") -> Paper:
    """Return the paper size that was asked for, or the usual one of a country (ISO code)."""
    if wanted in Paper.values:
        return Paper(wanted)
    return Paper.LETTER if country in _LETTER_COUNTRIES else Paper.A4


@dataclass(frozen=True, slots=True)
class Document:
    """The content of a PDF. `footer` is printed on each page, `dated` is its creation date."""

    title: str
    dated: datetime
    sections: Sequence[Section]
    footer: Sequence[str] = field(default_factory=list)
    language: str = ""


def columns(*each: tuple[str, Sequence[str]]) -> Section:
    """Return blocks of lines side by side, each with a heading."""
    blocks = [{"heading": heading, "lines": list(lines)} for heading, lines in each]
    return {"type": "columns", "columns": blocks}


def facts(rows: Sequence[tuple[str, str]]) -> Section:
    """Return labels with their values; those without a value are left out."""
    return {"type": "facts", "rows": [[label, value] for label, value in rows if value]}


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    align: str,
    sums: Sequence[tuple[str, str]] = (),
) -> Section:
    """Return a table. `align` has `l`, `r` or `w` (wide) per column; `sums` are its last rows."""
    return {
        "type": "table",
        "header": list(header),
        "rows": [list(row) for row in rows],
        "align": align,
        "sums": [list(row) for row in sums],
    }


def text(*lines: str, heading: str = "") -> Section:
    """Return paragraphs, with a heading if there is one."""
    return {"type": "text", "heading": heading, "lines": [line for line in lines if line]}


def image(svg: str, *, alt: str, width_mm: int) -> Section:
    """Return an SVG image in its printed width, with a description for screen readers."""
    return {"type": "image", "svg": svg, "alt": alt, "width_mm": width_mm}


def page_break() -> Section:
    """Return the start of a new page."""
    return {"type": "page-break"}


def render(document: Document, paper: Paper) -> bytes:
    """Return the PDF: the same bytes for the same document and paper. Raises CannotPrint."""
    content = {
        "title": document.title,
        "author": FACTS.company,
        **typst_pdf.language_settings(document.language or get_language() or "en-CA"),
        "paper": paper,
        "sections": list(document.sections),
        "footer": [FACTS.address_line, *document.footer],
    }
    return typst_pdf.compile_pdf(TEMPLATE, content, timestamp=document.dated)


def response(content: bytes, filename: str) -> HttpResponse:
    """Return a PDF that the browser shows, and saves under a name."""
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{filename}"'
    return answer
