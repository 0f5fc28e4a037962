"""PDF documents laid out by Typst: tagged (PDF/UA-1), and the same bytes for the same content."""

import json
import logging
import re
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst
from django.utils.translation import gettext as _

_NO_GLYPH = re.compile(r"the text `\"(.+)\"` could not be displayed")
_REGION = re.compile(r"-([A-Z]{2})\b")
logger = logging.getLogger(__name__)


class CannotPrint(Exception):
    """Content that cannot be converted to PDF. The message says why, and may be shown to people."""


def compile_pdf(template: Path, content: dict[str, Any], *, timestamp: datetime) -> bytes:
    """Return the PDF of a template, which reads `content` as JSON from `sys.inputs.document`.

    `timestamp` is the date of the document, never the current time, so that its bytes stay the
    same. Raises CannotPrint, e.g. for a character that no font on this machine has: Typst comes
    with fonts for Latin, Greek, Cyrillic, Hebrew, Arabic and Devanagari; others have to be
    installed.
    """
    try:
        return typst.compile(
            template,
            root=template.parent,
            font_paths=_fonts(),
            sys_inputs={"document": json.dumps(content)},
            pdf_standards="ua-1",
            timestamp=timestamp.replace(microsecond=0),  # Typst accepts whole seconds
        )
    except (typst.TypstError, RecursionError) as error:  # the latter: hundreds of nested elements
        raise explained(error) from error


def explained(error: Exception) -> CannotPrint:
    """Return an error of Typst, or of content that is nested too deeply, with a clear message."""
    if missing := _NO_GLYPH.search(str(error)):
        character = {"character": missing[1]}
        return CannotPrint(_("our PDF fonts have no character “%(character)s”") % character)
    logger.error("typst: %s", error)
    return CannotPrint(_("its layout is too complex"))


def language_settings(tag: str) -> dict[str, str | None]:
    """Return a language tag such as `en-CA` as Typst's `lang` and `region`."""
    region = _REGION.search(tag)
    return {"language": tag.split("-")[0], "region": region[1] if region else None}


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """The fonts that come with Typst, then those of the machine: a search of up to 0.1 s."""
    return typst.Fonts()
