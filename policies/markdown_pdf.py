"""A Markdown text as a tagged PDF (PDF/UA-1), laid out by Typst."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from markdown_it.tree import SyntaxTreeNode

from microflight.core import typst_pdf
from microflight.core.business import FACTS
from policies import markdown

TEMPLATE = Path(__file__).with_name("markdown_pdf.typ")
_LEAVES = {"text", "code_inline", "code_block", "fence"}
Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """An image below the title, with its description for screen readers."""

    content: bytes
    format: str  # png, jpg or svg
    alt: str


@dataclass(frozen=True, slots=True)
class MarkdownDocument:
    """The content of a PDF. `body` is Markdown; its links are relative to `url`, and it is dated
    `dated`, so that equal content gives equal bytes. `status` is printed below the title, `footer`
    on each page."""

    title: str
    status: Sequence[str]
    body: str
    language: str
    url: str
    dated: datetime
    footer: Sequence[str] = ()
    watermark: str = ""
    figure: Figure | None = None


def render(document: MarkdownDocument) -> bytes:
    """Return the PDF, the same bytes each time. Raises CannotPrint."""
    try:
        body = _tree(document)
    except RecursionError as error:
        raise typst_pdf.explained(error) from error
    figure = document.figure
    content = {
        "title": document.title,
        "author": FACTS.company,
        **typst_pdf.language_settings(document.language),
        "watermark": document.watermark,
        "status": list(document.status),
        "figure": figure
        and {"bytes": list(figure.content), "format": figure.format, "alt": figure.alt},
        "body": body,
        "footer": [FACTS.address_line, *document.footer],
    }
    return typst_pdf.compile_pdf(TEMPLATE, content, timestamp=document.dated)


def _tree(document: MarkdownDocument) -> Node:
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
