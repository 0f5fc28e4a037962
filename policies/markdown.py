"""Markdown to safe HTML, with a list of its headings.

`## Cookies {#cookies}` gives a heading an anchor that stays when its words change.
"""

import re
from dataclasses import dataclass

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.token import Token

_READER = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
TAGS = {
    "h2", "h3", "h4", "p", "ul", "ol", "li", "strong", "em", "code", "a", "blockquote", "hr", "br",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {"a": {"href"}, "h2": {"id"}, "h3": {"id"}}
# Notes for staff, e.g. `<!-- promise: no-sale -->`: with its line where it has one of its own.
_COMMENT = r"<!--(?:(?!-->).)*-->[ \t]*"
_NOTE = re.compile(rf"^[ \t]*{_COMMENT}\r?\n|{_COMMENT}", re.DOTALL | re.MULTILINE)
_ANCHOR = re.compile(r"\s*\{#([a-z0-9][a-z0-9-]*)\}\s*$")


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
    tokens = parse(text)
    headings = [
        Heading(str(opening.attrGet("id")), _plain(inline))
        for opening, inline in zip(tokens, tokens[1:], strict=False)
        if opening.type == "heading_open" and opening.tag == "h2"
    ]
    raw = _READER.renderer.render(tokens, _READER.options, {})
    clean = nh3.clean(raw, tags=TAGS, attributes=ATTRIBUTES, link_rel=None)
    return Rendered(mark_safe(clean), tuple(headings))  # noqa: S308 (cleaned in the line above)


def parse(text: str) -> list[Token]:
    """Return the parts of a text as readers see it: without notes, headings with anchors."""
    tokens = _READER.parse(without_notes(text))
    taken: set[str] = set()
    for opening, inline in zip(tokens, tokens[1:], strict=False):
        if opening.type == "heading_open" and opening.tag in ("h2", "h3"):
            anchor = _anchor(inline, taken)
            opening.attrSet("id", anchor)
            taken.add(anchor)
    return tokens


def without_notes(text: str) -> str:
    """Return a text without what only staff see."""
    return _NOTE.sub("", text) if "<!--" in text else text


def _anchor(inline: Token, taken: set[str]) -> str:
    """The anchor that a heading asks for, or one from its words, that none before has."""
    last = inline.children[-1] if inline.children else None
    asked = _ANCHOR.search(last.content) if last else None
    if last and asked:
        last.content = last.content[: asked.start()]
        inline.content = _ANCHOR.sub("", inline.content)
    base = anchor = asked[1] if asked else slugify(_plain(inline)) or "part"
    number = 2
    while anchor in taken:
        anchor, number = f"{base}-{number}", number + 1
    return anchor


def _plain(inline: Token) -> str:
    """What a heading says, without marks."""
    return "".join(child.content for child in inline.children or ()).strip()
