"""Uploaded PDF files: what is accepted, and what is rejected with a message."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from catalog.manuals import pdf_files
from catalog.manuals.pdf_files import InvalidPdf, PdfField, read
from tests.pdf_files import blank_pdf as pdf


def run_script(writer: PdfWriter) -> None:
    """Let a PDF run a script when it is opened."""
    action = DictionaryObject({NameObject("/S"): NameObject("/JavaScript")})
    action[NameObject("/JS")] = TextStringObject("app.alert(1)")
    writer.root_object[NameObject("/OpenAction")] = action


def test_pages_are_counted() -> None:
    assert read(pdf(pages=3)) == pdf_files.PdfFacts(3, "")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a PDF"),
        (b"<html>%PDF-1.7", "not a PDF"),
        (b"%PDF-1.7", "damaged"),
        (b"%PDF-1.7\n" + b"\xff" * 3000, "damaged"),
        (pdf()[:200], "damaged"),
        (pdf(lambda writer: writer.encrypt("secret")), "protected by a password"),
        (pdf(run_script), "scripts or attached files"),
        (pdf(lambda writer: writer.add_attachment("a.exe", b"MZ")), "scripts or attached files"),
        (pdf(pages=pdf_files.MAX_PAGES + 1), "has 401 pages; the limit is 400"),
        (pdf(pages=0), "has 0 pages|damaged"),
    ],
)  # fmt: skip
def test_unusable_file_is_rejected_with_a_message(content: bytes, message: str) -> None:
    with pytest.raises(InvalidPdf, match=message):
        read(content)


# Mutation: without the check of the size in `to_python`, the file was read first.
def test_large_file_is_rejected_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_files, "MAX_MEGABYTES", 0)
    upload = SimpleUploadedFile("a.pdf", pdf())
    with pytest.raises(ValidationError, match="larger than 0 MB"):
        PdfField().clean(upload)
    assert upload.tell() == 0


def test_file_is_named_after_its_content() -> None:
    first = PdfField().clean(SimpleUploadedFile("secret plan.exe", pdf()))
    second = PdfField().clean(SimpleUploadedFile("other.pdf", pdf(pages=2)))
    assert first.name != second.name
    assert first.name.endswith(".pdf")
    assert len(first.name) == 28
    assert first.read() == pdf()
