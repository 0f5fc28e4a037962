"""Blocks: lines like `::product PLANE-12` in a letter. Each room registers what it can show."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string

from accounts.newsletter.writing.addresses import Links, absolute
from accounts.newsletter.writing.fold import folded


class BlockError(Exception):
    """A block cannot be shown. The text is for the letter's writer."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What becomes of a block in both parts of a letter."""

    html: str
    text: str
    alts: tuple[str, ...] = ()  # the words of each picture in it


#: Takes the words after the block's name and the letter's links. Raises BlockError, BadAddress.
Render = Callable[[list[str], Links], Piece]


@dataclass(frozen=True, slots=True)
class Block:
    """One kind of block."""

    name: str
    usage: str  # a line to copy
    shows: str  # for staff, one sentence
    render: Render


BLOCKS: dict[str, Block] = {}


def register(block: Block) -> None:
    """Offer a block in every letter."""
    BLOCKS[block.name] = block


def show(line: str, links: Links) -> Piece:
    """Return a block's HTML and text. Raises BlockError."""
    try:
        name, *words = shlex.split(line)
    except ValueError as problem:
        raise BlockError("A quotation mark is not closed.") from problem
    block = BLOCKS.get(name)
    if block is None:
        raise BlockError(f"There is no block “{name}”. There are: {', '.join(sorted(BLOCKS))}.")
    return block.render(words, links)


def only(words: list[str], least: int, most: int, usage: str) -> list[str]:
    """Return a block's words, the missing ones empty. Raises BlockError where there are too few
    or too many."""
    if not least <= len(words) <= most:
        raise BlockError(f"Write it like this: {usage}")
    return words + [""] * (most - len(words))


def piece(template: str, context: dict[str, Any], *, alts: tuple[str, ...] = ()) -> Piece:
    """Return a block from its two templates, newsletter/blocks/<template>.html and .txt."""
    html = render_to_string(f"newsletter/blocks/{template}.html", context)
    text = render_to_string(f"newsletter/blocks/{template}.txt", {**context, "plain": True})
    return Piece(html.strip(), folded(text), alts)


__all__ = ["BLOCKS", "Block", "BlockError", "Links", "Piece", "absolute", "only", "piece",
           "register", "show"]  # fmt: skip
