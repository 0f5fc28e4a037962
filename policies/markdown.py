"""Markdown to safe HTML, with a list of its headings."""

import re
from dataclasses import dataclass

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt

_READER = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
_TAGS = {
    "h2", "h3", "h4", "p", "ul", "ol", "li", "strong", "em", "code", "a", "blockquote", "hr", "br",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_COMMENT = re.compile(r"<!--.*?-->[ \t]*", re.DOTALL)  # for staff, e.g. which promise is made here
_ATTRIBUTES = {"a": {"href"}, "h2": {"id"}, "h3": {"id"}}


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the second level: what it says and the anchor that leads to it."""

    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text ready for a page."""

    html: SafeString
    headings: tuple[Heading, ...]


def render(text: str) -> Rendered:
    """Return the HTML of a Markdown text; whatever is not plain prose is left out."""
    tokens = _READER.parse(_COMMENT.sub("", text))
    headings: list[Heading] = []
    for opening, inline in zip(tokens, tokens[1:], strict=False):
        if opening.type == "heading_open" and opening.tag == "h2":
            heading = Heading(_anchor(inline.content, headings), inline.content)
            opening.attrSet("id", heading.anchor)
            headings.append(heading)
    raw = _READER.renderer.render(tokens, _READER.options, {})
    clean = nh3.clean(raw, tags=_TAGS, attributes=_ATTRIBUTES, link_rel=None)
    return Rendered(mark_safe(clean), tuple(headings))  # noqa: S308 (cleaned in the line above)


def _anchor(text: str, taken: list[Heading]) -> str:
    """A readable anchor that no heading before has."""
    base = anchor = slugify(text) or "part"
    number = 2
    while any(anchor == heading.anchor for heading in taken):
        anchor, number = f"{base}-{number}", number + 1
    return anchor
