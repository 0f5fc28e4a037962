"""Markdown's parts as text to read: the part of a letter for programs and people without HTML."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

from accounts.newsletter.writing.fold import WIDTH, folded


@dataclass
class _Notes:
    """The addresses of one part, which stand below it."""

    targets: list[str] = field(default_factory=list)

    def number(self, target: str) -> int:
        if target not in self.targets:
            self.targets.append(target)
        return self.targets.index(target) + 1


def plain(tokens: Sequence[Token]) -> str:
    """Return tokens of Markdown as text. Words that lead somewhere are followed by a number in
    brackets, and its address stands below their paragraph or list."""
    parts = []
    for group in _groups(tokens):
        notes = _Notes()
        text = _part(group, notes)
        if notes.targets:
            text += "\n\n" + "\n".join(f"[{n}] {url}" for n, url in enumerate(notes.targets, 1))
        if text:
            parts.append(text)
    return "\n\n".join(parts)


def _groups(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The parts of the first level: a paragraph, a heading, a whole list."""
    group: list[Token] = []
    for token in tokens:
        group.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield group
            group = []


def _part(group: list[Token], notes: _Notes) -> str:
    kind = group[0].type
    if kind == "hr":
        return "-" * 20
    if kind in ("fence", "code_block"):
        return group[0].content.rstrip()
    if kind == "heading_open":
        words = folded(_words(group[1], notes))
        return f"{words}\n{('=' if group[0].tag == 'h1' else '-') * min(len(words), WIDTH)}"
    if kind == "table_open":
        return _table(group, notes)
    return _nested(group, notes)


def _nested(group: list[Token], notes: _Notes) -> str:
    """Paragraphs, lists in lists, quotations: each paragraph behind the marks of its parents."""
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
            lines.append(folded(_words(token, notes), indent, start))
            first = ""
    return "\n".join(lines)


def _table(group: list[Token], notes: _Notes) -> str:
    rows: list[list[str]] = []
    for token in group:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_words(token, notes))
    return "\n".join(" | ".join(row) for row in rows)


def _words(inline: Token, notes: _Notes) -> str:
    """A line's words, without marks; each link with its number."""
    words, target, is_bare = "", "", False
    for child in inline.children or ():
        if child.type == "link_open":
            target = str(child.attrGet("href") or "").removeprefix("mailto:")
            is_bare = child.markup == "autolink"  # its words are its address
        elif child.type == "link_close":
            words += target if is_bare else f" [{notes.number(target)}]"
            is_bare = False
        elif is_bare:
            continue
        elif child.type == "softbreak":
            words += " "
        elif child.type == "hardbreak":
            words += "\n"
        else:
            words += child.content
    return words
