"""A text as a row of blocks of words: what the redline compares and the PDF sets."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from markdown_it.token import Token

from policies import markdown

_CONTAINERS = {"ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr"}
_LEAVES = {"h2", "h3", "h4", "p", "th", "td"}
_WORD = re.compile(r"(\s*)(\w+(?:[^\w\s]+\w+)*|[^\w\s])")  # "2017-08-23" and an address are one


class Word(NamedTuple):
    """A word or a mark between words, and how it is set: `strong`, `em`, `code`, `a <address>`.

    The first two make words equal: where lines break does not count.
    """

    text: str
    marks: tuple[str, ...] = ()
    spaced: bool = True  # a space stands before it

    @property
    def counts(self) -> bool:
        """Whether it is a word, and not a mark between words."""
        return self.text[0].isalnum() or self.text[0] == "_"


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, list item or cell: its tag ("" within a tight list) and its words.

    `inside` are the elements around it from the outermost: tag and a number of its own.
    """

    tag: str
    inside: tuple[tuple[str, int], ...]
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """Return the plain words."""
        return plain(self.words).strip()


def blocks(text: str) -> list[Block]:
    """Return the blocks of a Markdown text in their order."""
    found: list[Block] = []
    inside: list[tuple[str, int]] = []
    numbers, tag = count(), "p"
    for token in markdown.parse(text):
        if token.nesting == 1 and token.tag in _CONTAINERS:
            inside.append((token.tag, next(numbers)))
        elif token.nesting == -1 and token.tag in _CONTAINERS:
            inside.pop()
        elif token.nesting == 1:
            tag = "" if token.hidden else token.tag if token.tag in _LEAVES else "p"
        elif token.type == "inline":
            found.append(Block(tag, tuple(inside), tuple(_words(token.children or []))))
        elif token.type in ("fence", "code_block"):
            found.append(Block("p", tuple(inside), tuple(_split(token.content, ("code",), False))))
    return found


def plain(words: Iterable[Word]) -> str:
    """Return words as a line, with the space before the first one where it has one."""
    return "".join([f" {text}" if spaced else text for text, _, spaced in words])


def _words(tokens: list[Token]) -> list[Word]:
    found: list[Word] = []
    marks: list[str] = []
    broken = False  # the line ended: the next word has a space before it
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            broken = True
        elif token.nesting == 1:
            is_link = token.tag == "a"
            marks.append(f"a {token.attrGet('href')}" if is_link else token.tag)
        elif token.nesting == -1:
            marks.pop()
        elif token.type in ("text", "code_inline"):
            extra = ("code",) if token.type == "code_inline" else ()
            found += _split(token.content, (*marks, *extra), broken)
            broken = token.content[-1:].isspace()
    return found


def _split(text: str, marks: tuple[str, ...], spaced: bool) -> list[Word]:
    # one call for all words of a text: asking for each match costs a third of a redline's time
    found = [Word(word, marks, space != "") for space, word in _WORD.findall(text)]
    if found and spaced:
        found[0] = found[0]._replace(spaced=True)
    return found
