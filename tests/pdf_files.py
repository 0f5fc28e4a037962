"""Reading and making PDF files in tests."""

from collections.abc import Callable
from io import BytesIO

from pypdf import PdfReader, PdfWriter


def blank_pdf(change: Callable[[PdfWriter], object] | None = None, *, pages: int = 1) -> bytes:
    """Return a PDF file of empty pages."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    if change:
        change(writer)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def text_of_pdf(content: bytes) -> str:
    """Return the text of all pages on one line."""
    pages = PdfReader(BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def tags(element: object) -> list[str]:
    """Return the types of a PDF structure element and everything inside it, in reading order."""
    if not hasattr(element, "get_object"):
        return []
    element = element.get_object()
    if isinstance(element, list):
        return [tag for child in element for tag in tags(child)]
    if not isinstance(element, dict):
        return []
    own = [str(element["/S"])] if "/S" in element else []
    return own + tags(element["/K"]) if "/K" in element else own
