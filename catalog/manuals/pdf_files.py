"""PDF files that staff upload: checked, counted, and read for search."""

import hashlib
import io
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext as _
from pypdf import PdfReader

MAX_MEGABYTES = 20
MAX_PAGES = 400
MAX_TEXT = 200_000  # characters that search reads
_ACTIVE = ("/JavaScript", "/EmbeddedFiles")  # of a PDF's names


class InvalidPdf(Exception):
    """The file was rejected. The message is for the person who chose it."""


@dataclass(frozen=True, slots=True)
class PdfFacts:
    """What a PDF file says about itself."""

    pages: int
    text: str


def read(content: bytes) -> PdfFacts:
    """Return the facts of a PDF file.

    Raises InvalidPdf for a file that is too large, not a PDF, damaged, protected by a password, or
    that runs scripts or contains other files.
    """
    if len(content) > MAX_MEGABYTES * 1024 * 1024:
        raise InvalidPdf(_("The file is larger than %(max)d MB.") % {"max": MAX_MEGABYTES})
    if not content.startswith(b"%PDF-"):
        raise InvalidPdf(_("This is not a PDF file."))
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            raise InvalidPdf(_("The PDF is protected by a password."))
        _reject_active_content(reader)
        pages = len(reader.pages)
        if not 1 <= pages <= MAX_PAGES:
            text = _("The PDF has %(pages)d pages; the limit is %(max)d.")
            raise InvalidPdf(text % {"pages": pages, "max": MAX_PAGES})
        return PdfFacts(pages, _text(reader))
    except InvalidPdf:
        raise
    except Exception as error:  # pypdf raises many types for damaged or hostile files
        raise InvalidPdf(_("The PDF is damaged and cannot be read.")) from error


def _reject_active_content(reader: PdfReader) -> None:
    root: Any = reader.root_object
    names = root.get("/Names", {}).get_object() if "/Names" in root else {}
    opening = root["/OpenAction"].get_object() if "/OpenAction" in root else None
    runs = isinstance(opening, dict) and opening.get("/S") not in (None, "/GoTo")
    if runs or "/AA" in root or any(name in names for name in _ACTIVE):
        raise InvalidPdf(_("The PDF has scripts or attached files. Save it without them."))


def _text(reader: PdfReader) -> str:
    found, length = [], 0
    for page in reader.pages:
        found.append(page.extract_text())
        length += len(found[-1])
        if length > MAX_TEXT:
            break
    return " ".join(" ".join(found).replace("\0", " ").split())[:MAX_TEXT]


class PdfField(forms.FileField):
    """An uploaded PDF; its value is a file named after its content."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.widget.attrs.setdefault("accept", "application/pdf")

    def to_python(self, data: Any) -> Any:
        """Check an upload; raise ValidationError for what `read` rejects."""
        upload = super().to_python(data)
        if upload is None:
            return None
        if upload.size > MAX_MEGABYTES * 1024 * 1024:
            text = _("The file is larger than %(max)d MB.") % {"max": MAX_MEGABYTES}
            raise ValidationError(text, code="invalid_pdf")
        content = upload.read()
        try:
            read(content)
        except InvalidPdf as error:
            raise ValidationError(str(error), code="invalid_pdf") from error
        return stored_file(content)


def stored_file(content: bytes) -> ContentFile:
    """Return a file whose name is a hash of its content: a name never stands for two files."""
    return ContentFile(content, name=f"{hashlib.sha256(content).hexdigest()[:24]}.pdf")
