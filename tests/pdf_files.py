"""Reading PDF files in tests."""

from io import BytesIO

from pypdf import PdfReader


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
