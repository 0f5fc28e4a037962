"""Markdown to safe HTML, with a list of its headings.

`## Cookies {#cookies}` gives a heading an anchor that stays the same when the heading changes.
"""

import re
from dataclasses import dataclass

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.token import Token

_PARSER = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
TAGS = {
    "h2", "h3", "h4", "p", "ul", "ol", "li", "strong", "em", "code", "a", "blockquote", "hr", "br",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {"a": {"href"}, "h2": {"id"}, "h3": {"id"}, "table": {"tabindex"}}
# A comment such as `<!-- promise: no-sale -->`, with its line if it has a line of its own.
_TAG = r"<!--(?:(?!-->).)*-->[ \t]*"
_COMMENT = re.compile(rf"^[ \t]*{_TAG}\r?\n|{_TAG}", re.DOTALL | re.MULTILINE)
_ANCHOR = re.compile(r"\s*\{#([a-z0-9][a-z0-9-]*)\}\s*$")


@dataclass(frozen=True, slots=True)
class Heading:
    """A second-level heading and its anchor."""

    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """Safe HTML and its headings."""

    html: SafeString
    headings: tuple[Heading, ...]


def render(text: str, *, with_images: bool = False) -> Rendered:
    """Return Markdown as HTML, without comments and tags outside `TAGS`; images are optional."""
    tokens = parse(text)
    headings = [
        Heading(str(opening.attrGet("id")), _plain(inline))
        for opening, inline in zip(tokens, tokens[1:], strict=False)
        if opening.type == "heading_open" and opening.tag == "h2"
    ]
    raw = _PARSER.renderer.render(tokens, _PARSER.options, {})
    tags, attributes = TAGS, ATTRIBUTES
    if with_images:
        tags, attributes = TAGS | {"img"}, ATTRIBUTES | {"img": {"src", "alt"}}
    clean = nh3.clean(raw, tags=tags, attributes=attributes, link_rel=None)
    return Rendered(mark_safe(clean), tuple(headings))  # noqa: S308 (cleaned in the line above)


def parse(text: str) -> list[Token]:
    """Return the Markdown tokens without comments, with an anchor for each heading.

    The keyboard can scroll a table that is wider than the page.
    """
    tokens = _PARSER.parse(remove_comments(text))
    taken: set[str] = set()
    for opening, inline in zip(tokens, tokens[1:], strict=False):
        if opening.type == "heading_open" and opening.tag in ("h2", "h3"):
            anchor = _anchor(inline, taken)
            opening.attrSet("id", anchor)
            taken.add(anchor)
        elif opening.type == "table_open":
            opening.attrSet("tabindex", "0")
    return tokens


def remove_comments(text: str) -> str:
    """Return Markdown without HTML comments, which only staff see."""
    return _COMMENT.sub("", text) if "<!--" in text else text


def _anchor(inline: Token, taken: set[str]) -> str:
    """Return the anchor in braces, or one made from the heading's text; unique on its page."""
    last = inline.children[-1] if inline.children else None
    explicit = _ANCHOR.search(last.content) if last else None
    if last and explicit:
        last.content = last.content[: explicit.start()]
        inline.content = _ANCHOR.sub("", inline.content)
    base = anchor = explicit[1] if explicit else slugify(_plain(inline)) or "section"
    number = 2
    while anchor in taken:
        anchor, number = f"{base}-{number}", number + 1
    return anchor


def _plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or ()).strip()
