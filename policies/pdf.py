"""A policy version as a tagged PDF (PDF/UA-1), laid out by Typst."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

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

from microflight.core import typst_pdf
from microflight.core.business import FACTS
from microflight.core.typst_pdf import CannotPrint
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
_LEAVES = {"text", "code_inline", "code_block", "fence"}
Node = dict[str, Any]


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
        return not_found(request, history, _message(error))
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
    """Return the PDF, the same bytes each time. Raises CannotPrint."""
    try:
        body = _tree(document)
    except RecursionError as error:
        raise typst_pdf.explained(error) from error
    content = {
        "title": document.title,
        "author": FACTS.company,
        **typst_pdf.language_settings(document.language),
        "watermark": document.watermark,
        "status": document.status,
        "body": body,
        "footer": [FACTS.address_line, document.url, f"SHA-256 {document.sha256}"],
    }
    return typst_pdf.compile_pdf(TEMPLATE, content, timestamp=document.published_at)


def _message(error: Exception) -> str:
    if isinstance(error, NotFound):
        return str(error)
    text = _("There is no PDF of this version: %(problem)s. Print the page from your browser.")
    return text % {"problem": error}


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
