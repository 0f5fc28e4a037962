"""The text part of an email: wrapped lines, and Markdown as plain text."""

import re
import textwrap
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

WIDTH = 78  # characters, as RFC 5322 recommends


def wrap(text: str) -> str:
    """Return text with long lines wrapped, and at most one empty line in a row."""
    lines = []
    for line in text.splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        # a short line is unchanged: the "-- " above the signature ends in a space
        lines.append(line if len(line) <= WIDTH else _fill(line, indent, indent))
    return re.sub(r"\n\s*\n", "\n\n", "\n".join(lines)).strip() + "\n"


def _fill(text: str, first: str = "", indent: str = "") -> str:
    """Return lines wrapped, `first` before the first one and `indent` before the others. Links stay
    whole."""
    lines = []
    for line in text.strip().splitlines():
        wrapped = textwrap.fill(
            line.strip(),
            WIDTH,
            initial_indent=first,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        lines.append(wrapped)
        first = indent
    return "\n".join(lines)


def plain_text(tokens: Sequence[Token]) -> str:
    """Return Markdown tokens as text. A link is followed by a number in brackets, and its URL is
    below its paragraph or list."""
    parts = []
    for group in _groups(tokens):
        urls: list[str] = []
        text = _part(group, urls)
        if urls:
            text += "\n\n" + "\n".join(f"[{n}] {url}" for n, url in enumerate(urls, 1))
        if text:
            parts.append(text)
    return "\n\n".join(parts)


def _groups(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Yield the parts of the first level: a paragraph, a heading, a whole list."""
    group: list[Token] = []
    for token in tokens:
        group.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield group
            group = []


def _part(group: list[Token], urls: list[str]) -> str:
    kind = group[0].type
    if kind == "hr":
        return "-" * 20
    if kind in ("fence", "code_block"):
        return group[0].content.rstrip()
    if kind == "heading_open":
        text = _fill(_inline(group[1], urls))
        return f"{text}\n{('=' if group[0].tag == 'h1' else '-') * min(len(text), WIDTH)}"
    if kind == "table_open":
        rows: list[list[str]] = []
        for token in group:
            if token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                rows[-1].append(_inline(token, urls))
        return "\n".join(" | ".join(row) for row in rows)
    return _nested(group, urls)


def _nested(group: list[Token], urls: list[str]) -> str:
    """Return paragraphs, nested lists and quotations, each behind the marks of its parents."""
    marks: list[str] = []
    numbers: list[int] = []
    first = ""
    lines: list[str] = []
    for token in group:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            numbers.append(int(token.attrGet("start") or 1) if token.tag == "ol" else 0)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            numbers.pop()
        elif token.type == "list_item_open":
            first = f"{numbers[-1]}. " if numbers[-1] else "- "
            numbers[-1] += bool(numbers[-1])
            marks.append(" " * len(first))
        elif token.type == "blockquote_open":
            marks.append("> ")
        elif token.type in ("list_item_close", "blockquote_close"):
            marks.pop()
        elif token.type == "inline":
            indent = "".join(marks)
            start = "".join(marks[:-1]) + first if first else indent
            lines.append(_fill(_inline(token, urls), start, indent))
            first = ""
    return "\n".join(lines)


def _inline(inline: Token, urls: list[str]) -> str:
    """Return a line without its marks; each link with its number."""
    text, url, is_bare = "", "", False
    for child in inline.children or ():
        if child.type == "link_open":
            url = str(child.attrGet("href") or "").removeprefix("mailto:")
            is_bare = child.markup == "autolink"  # its text is its URL
        elif child.type == "link_close" and is_bare:
            text, is_bare = text + url, False
        elif child.type == "link_close":
            if url not in urls:
                urls.append(url)
            text += f" [{urls.index(url) + 1}]"
        elif child.type == "softbreak":
            text += " "
        elif child.type == "hardbreak":
            text += "\n"
        elif not is_bare:
            text += child.content
    return text
