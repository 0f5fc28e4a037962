"""A policy version as a tagged PDF (PDF/UA-1), laid out by Typst."""

import hashlib
import json
import logging
import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import typst
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import conditional_page
from markdown_it.tree import SyntaxTreeNode

from microflight.core.business import FACTS
from policies import languages, markdown
from policies.history import History, NotFound, get_history
from policies.models import PolicyVersion
from policies.states import Stage
from policies.views import not_found

TEMPLATE = Path(__file__).with_name("policy.typ")
CACHE_SECONDS = 24 * 3600
WATERMARKS = {
    Stage.SUPERSEDED: gettext_lazy("SUPERSEDED"),
    Stage.SCHEDULED: gettext_lazy("NOT YET IN FORCE"),
}
_NO_GLYPH = re.compile(r"the text `\"(.+)\"` could not be displayed")
_REGION = re.compile(r"-([A-Z]{2})\b")
_LEAVES = {"text", "code_inline", "code_block", "fence"}
Node = dict[str, Any]
logger = logging.getLogger(__name__)


class CannotPrint(Exception):
    """A version that cannot be converted to PDF. The message may be shown to customers."""


@dataclass(frozen=True, slots=True)
class Document:
    """The content of a PDF: one version in one language. `body` is Markdown."""

    title: str
    number: int
    status: list[str]
    body: str
    language: str
    url: str
    sha256: str
    published_at: datetime
    watermark: str


@conditional_page
def version(
    request: HttpRequest, slug: str, number: int, language: str | None = None
) -> HttpResponse:
    """Return a version or its translation as PDF."""
    history = get_history(slug)
    if history is None:
        return not_found(request, None, _("There is no such policy."))
    try:
        content = _cached(document(history, history.version(number), language))
    except (NotFound, CannotPrint) as error:
        return not_found(request, history, str(error))
    name = f"{slug}-v{number}-{language}.pdf" if language else f"{slug}-v{number}.pdf"
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response


def _cached(document: Document) -> bytes:
    key = "policies:pdf:" + hashlib.sha256(repr(document).encode()).hexdigest()
    return cache.get_or_set(key, lambda: render(document), CACHE_SECONDS) or render(document)


def document(history: History, version: PolicyVersion, language: str | None = None) -> Document:
    """Return the content of the PDF of a version or its translation. At most one query.

    Raises NotFound for a language without a published translation.
    """
    assert version.published_at is not None  # noqa: S101 (database constraint)
    title, status = history.policy.title, [_status(history, version)]
    url, sha256 = version.get_absolute_url(), version.sha256
    if language:
        translation = history.translation(version, language)
        body, title, sha256 = translation.body, translation.title, translation.sha256
        status.insert(0, languages.translation_note(language, version.number or 0).prevails)
        args = [history.policy.slug, version.number, language]
        url = reverse("policies:version-translation", args=args)
    else:
        body = history.body_of(version)
    return Document(
        title=title,
        number=version.number or 0,
        status=status,
        body=body,
        language=language or "en-CA",
        url=settings.SITE_URL + url,
        sha256=sha256,
        published_at=version.published_at,
        watermark=str(WATERMARKS.get(history.state(version), "")),
    )


def render(document: Document) -> bytes:
    """Return the PDF, the same bytes each time.

    Raises CannotPrint, e.g. for a character that no font on this machine has: Typst comes with
    fonts for Latin, Greek, Cyrillic, Hebrew, Arabic and Devanagari; others have to be installed.
    """
    region = _REGION.search(document.language)
    try:
        content = {
            "title": document.title,
            "author": FACTS.company,
            "language": document.language.split("-")[0],
            "region": region[1] if region else None,
            "watermark": document.watermark,
            "status": document.status,
            "body": _tree(document),
            "footer": [FACTS.address_line, document.url, f"SHA-256 {document.sha256}"],
        }
        return typst.compile(
            TEMPLATE,
            root=TEMPLATE.parent,
            font_paths=_fonts(),
            sys_inputs={"document": json.dumps(content)},
            pdf_standards="ua-1",
            timestamp=document.published_at,
        )
    except (typst.TypstError, RecursionError) as error:  # the latter: hundreds of nested elements
        raise CannotPrint(_explanation(str(error))) from error


def _explanation(error: str) -> str:
    if missing := _NO_GLYPH.search(error):
        character = {"character": missing[1]}
        problem = _("our PDF fonts have no character “%(character)s”") % character
    else:
        logger.error("typst: %s", error)
        problem = _("its layout is too complex")
    return _("There is no PDF of this version: %(problem)s. Print the page from your browser.") % {
        "problem": problem
    }


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """The fonts that come with Typst, then those of the machine: a search of up to 0.1 s."""
    return typst.Fonts()


def _status(history: History, version: PolicyVersion) -> str:
    state, following = history.state(version), history.next(version)
    values = {"number": version.number, "date": _date(version)}
    if state == Stage.SUPERSEDED and following:
        values |= {"end": _date(following), "next": following.number}
        return (
            _(
                "Version %(number)s. In force from %(date)s to %(end)s; "
                "superseded by version %(next)s."
            )
            % values
        )
    if state == Stage.SCHEDULED:
        return _("Version %(number)s. Not yet in force: effective %(date)s.") % values
    return _("Version %(number)s. In force since %(date)s.") % values


def _date(version: PolicyVersion) -> str:
    assert version.effective_from is not None  # noqa: S101 (database constraint)
    return date_format(localtime(version.effective_from), "F j, Y")


def _tree(document: Document) -> Node:
    """Return the Markdown syntax tree as JSON, without what PDF/UA rejects: skipped heading levels
    and headings without text."""
    level = 0

    def as_json(node: SyntaxTreeNode) -> Node:
        nonlocal level
        # images are left out, as on the page
        children = [as_json(child) for child in node.children if child.type != "image"]
        found: Node = {"type": node.type, "children": children}
        found["text"] = node.content if node.type in _LEAVES else ""
        if node.type == "heading" and _has_text(found):
            level = found["level"] = min(max(int(node.tag[1]) - 1, 1), level + 1)
        elif node.type == "link":
            found["href"] = urljoin(document.url, str(node.attrs["href"]))
        elif node.type in ("bullet_list", "ordered_list"):
            found["start"] = node.attrs.get("start", 1)
            found["tight"] = any(child.hidden for item in node.children for child in item.children)
        elif node.type == "heading" or (node.type == "paragraph" and node.hidden):
            found["type"] = "inline"  # a heading without text, a paragraph in a tight list
        return found

    return as_json(SyntaxTreeNode(markdown.parse(document.body)))


def _has_text(node: Node) -> bool:
    has_own = any(sign.isprintable() and not sign.isspace() for sign in node["text"])
    return has_own or any(map(_has_text, node["children"]))
