"""A Markdown text as blocks of words: what the comparison of two versions works on."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from markdown_it.token import Token

from policies import markdown

_CONTAINERS = {"ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr"}
_LEAVES = {"h2", "h3", "h4", "p", "th", "td"}
_WORD = re.compile(r"(\s*)(\w+(?:[^\w\s]+\w+)*|[^\w\s])")  # "2017-08-23" and a URL are one


class Word(NamedTuple):
    """A word or punctuation mark, and its formatting: `strong`, `em`, `code`, `a <href>`.

    Words are equal if text and formatting are: line breaks do not count.
    """

    text: str
    formatting: tuple[str, ...] = ()
    has_space: bool = True  # a space precedes it

    @property
    def is_word(self) -> bool:
        """Whether it is a word, not a punctuation mark."""
        return self.text[0].isalnum() or self.text[0] == "_"


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, list item or cell: its tag ("" in a tight list) and its words.

    `ancestors` are its containers from the outermost: tag and a number that identifies each.
    """

    tag: str
    ancestors: tuple[tuple[str, int], ...]
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """Return the words as plain text."""
        return join(self.words).strip()


def blocks(source: str) -> list[Block]:
    """Return the blocks of a Markdown text in their order."""
    found: list[Block] = []
    ancestors: list[tuple[str, int]] = []
    numbers, tag = count(), "p"
    for token in markdown.parse(source):
        if token.nesting == 1 and token.tag in _CONTAINERS:
            ancestors.append((token.tag, next(numbers)))
        elif token.nesting == -1 and token.tag in _CONTAINERS:
            ancestors.pop()
        elif token.nesting == 1:
            tag = "" if token.hidden else token.tag if token.tag in _LEAVES else "p"
        elif token.type == "inline":
            found.append(Block(tag, tuple(ancestors), tuple(_words(token.children or []))))
        elif token.type in ("fence", "code_block"):
            words = tuple(_split(token.content, ("code",), False))
            found.append(Block("p", tuple(ancestors), words))
    return found


def to_text(source: str) -> str:
    """Return a Markdown text as plain text, a line per paragraph, heading, list item and cell."""
    return "\n".join(block.text for block in blocks(source))


def join(words: Iterable[Word]) -> str:
    """Return words as a string that begins with a space if the first word has one."""
    return "".join([f" {text}" if has_space else text for text, _, has_space in words])


def _words(tokens: list[Token]) -> list[Word]:
    found: list[Word] = []
    formatting: list[str] = []
    at_line_break = False
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            at_line_break = True
        elif token.nesting == 1:
            is_link = token.tag == "a"
            formatting.append(f"a {token.attrGet('href')}" if is_link else token.tag)
        elif token.nesting == -1:
            formatting.pop()
        elif token.type in ("text", "code_inline"):
            code = ("code",) if token.type == "code_inline" else ()
            found += _split(token.content, (*formatting, *code), at_line_break)
            at_line_break = token.content[-1:].isspace()
    return found


def _split(text: str, formatting: tuple[str, ...], has_space: bool) -> list[Word]:
    # findall, because a match object per word costs a third of a comparison's time
    found = [Word(word, formatting, space != "") for space, word in _WORD.findall(text)]
    if found and has_space:
        found[0] = found[0]._replace(has_space=True)
    return found
