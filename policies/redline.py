"""The differences between two versions, word by word.

Each is shown three ways: with `ins` and `del`, with lines under and through the words, and with
"[added: " and "[removed: " for screen readers and for anyone who copies the text.
"""

from collections import Counter
from dataclasses import dataclass
from html import escape  # Django's makes each piece a safe string, which takes twice as long
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import nh3
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from policies import markdown
from policies.alignment import Pairs, align
from policies.blocks import Block, Word, blocks, join

SIMILARITY = 0.5  # share of common words from which a paragraph counts as changed, not replaced
_TAGS = markdown.TAGS | {"ins", "del", "span"}
_ATTRIBUTES = {"a": {"href"}, "ins": {"id"}, "del": {"id"}}

Words = tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A changed paragraph: its anchor and the heading of its section."""

    anchor: str
    section: str


class ChangedSection(NamedTuple):
    """A section with changes: its heading, the anchor of its first change, and their number."""

    heading: str
    anchor: str
    changes: int


@dataclass(frozen=True, slots=True)
class Redline:
    """Both versions in one, with the number of words added and removed."""

    html: SafeString
    changes: tuple[Change, ...]
    added: int
    removed: int

    @property
    def sections(self) -> list[ChangedSection]:
        """Return the sections with changes, in their order."""
        grouped = groupby(self.changes, key=lambda change: change.section)
        sections = [(heading, list(changes)) for heading, changes in grouped]
        return [ChangedSection(name, found[0].anchor, len(found)) for name, found in sections]


def compare(old: str, new: str) -> Redline:
    """Compare two Markdown texts as customers see them, without comments."""
    pairs = _pair_blocks(blocks(old), blocks(new))
    writer = _HtmlWriter(_matching_containers(pairs))
    for pair in pairs:
        writer.add(pair)
    if not writer.changes:
        return Redline(SafeString(), (), 0, 0)
    html = nh3.clean(
        writer.html(),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes={"span": {"unseen"}},
        link_rel=None,
    )
    safe = mark_safe(html)  # noqa: S308 (cleaned in the line above)
    return Redline(safe, tuple(writer.changes), writer.added, writer.removed)


# --- Pairing paragraphs --------------------------------------------------------------------------


class Pair(NamedTuple):
    """A block of the old version and its counterpart in the new one; either may be None."""

    old: Block | None
    new: Block | None
    common: Pairs | None = None  # the common words, if they are known already


def _pair_blocks(old: list[Block], new: list[Block]) -> list[Pair]:
    """Return all blocks of both versions in one order."""
    equal = align([_keys(b.words) for b in old], [_keys(b.words) for b in new])
    pairs: list[Pair] = []
    i = j = 0
    for next_i, next_j in [*equal, (len(old), len(new))]:
        pairs += _pair_changed(old[i:next_i], new[j:next_j])
        if next_i < len(old):
            pairs.append(Pair(old[next_i], new[next_j]))
        i, j = next_i + 1, next_j + 1
    return pairs


def _pair_changed(old: list[Block], new: list[Block]) -> list[Pair]:
    """Pair blocks between two equal ones by the words that they share."""
    if not old or not new:
        return [*(Pair(block, None) for block in old), *(Pair(None, block) for block in new)]
    words = align(_all_keys(old), _all_keys(new))
    common = words if len(old) == len(new) == 1 else None
    pairs: list[Pair] = []
    i = j = 0
    for next_i, next_j in [*_similar(old, new, words), (len(old), len(new))]:
        pairs += [Pair(block, None) for block in old[i:next_i]]
        pairs += [Pair(None, block) for block in new[j:next_j]]
        if next_i < len(old):
            pairs.append(Pair(old[next_i], new[next_j], common))
        i, j = next_i + 1, next_j + 1
    return pairs


def _similar(old: list[Block], new: list[Block], words: Pairs) -> list[tuple[int, int]]:
    """Return the positions of blocks that share most of their words, without crossings."""
    from_old = [position for position, block in enumerate(old) for _ in block.words]
    from_new = [position for position, block in enumerate(new) for _ in block.words]
    common = Counter((from_old[i], from_new[j]) for i, j in words)
    shares = {
        (i, j): 2 * shared / (len(old[i].words) + len(new[j].words))
        for (i, j), shared in common.items()
    }
    taken: list[tuple[int, int]] = []
    for i, j in sorted(shares, key=lambda pair: -shares[pair]):
        if shares[i, j] >= SIMILARITY and not any(i == x or j == y for x, y in taken):
            taken.append((i, j))
    return sorted(taken)  # aligned words never cross


def _all_keys(several: list[Block]) -> list[object]:
    return [key for block in several for key in _keys(block.words)]


def _matching_containers(pairs: list[Pair]) -> dict[int, int]:
    """Return which list, item, table or row of the old version is which of the new one."""
    matching: dict[int, int] = {}
    for pair in pairs:
        old, new = pair.old, pair.new
        ancestors = zip(old.ancestors, new.ancestors, strict=False) if old and new else ()
        for (old_tag, old_number), (new_tag, new_number) in ancestors:
            if old_tag == new_tag:
                matching.setdefault(old_number, new_number)
    return matching


# --- Comparing words -----------------------------------------------------------------------------


class _Run(NamedTuple):
    """Consecutive words that are the same in both versions, or that replace one another: their
    start and end in the old version and in the new one."""

    old: int
    old_end: int
    new: int
    new_end: int
    is_same: bool

    @property
    def length(self) -> int:
        """The number of words in both versions together."""
        return self.old_end - self.old + self.new_end - self.new


def _runs(old: Words, new: Words, common: Pairs | None = None) -> list[_Run]:
    """Return the words of both versions as runs, in their order."""
    if common is None:
        old_keys, new_keys = _keys(old), _keys(new)
        if old_keys == new_keys:
            return [_Run(0, len(old), 0, len(new), is_same=True)] if new else []
        common = align(old_keys, new_keys)
    return _merge_short_runs(_split_into_runs(common, len(old), len(new)), new)


def _split_into_runs(common: Pairs, old_end: int, new_end: int) -> list[_Run]:
    runs: list[_Run] = []
    old = new = 0  # start of the present run
    i = j = 0  # its end
    for next_i, next_j in [*common, (old_end, new_end)]:
        if next_i == i and next_j == j and i < old_end:
            i, j = i + 1, j + 1
            continue
        if i > old:
            runs.append(_Run(old, i, new, j, True))
        if next_i > i or next_j > j:
            runs.append(_Run(i, next_i, j, next_j, False))
        old, new, i, j = next_i, next_j, next_i + 1, next_j + 1
    return runs


def _merge_short_runs(runs: list[_Run], new: Words) -> list[_Run]:
    """Merge a short common run with the longer changes around it: a lone "of" is no help."""
    merged: list[_Run] = []
    for position, run in enumerate(runs):
        is_same = run.is_same
        if is_same and 0 < position < len(runs) - 1:
            few = min(runs[position - 1].length, runs[position + 1].length) // 3
            words = _count(new[run.new : run.new_end])
            is_same = run.new_end - run.new > few and words > few
        if not is_same:
            first = merged.pop() if merged and not merged[-1].is_same else run
            run = _Run(first.old, run.old_end, first.new, run.new_end, False)
        merged.append(run)
    return merged


def _count(words: Words) -> int:
    return sum([word.is_word for word in words])


def _keys(words: Words) -> tuple[object, ...]:
    return tuple([word[:2] for word in words])  # text and formatting; a property is too slow


# --- Writing HTML --------------------------------------------------------------------------------


class _HtmlWriter:
    """Writes pairs of blocks in their order, and opens and closes their containers."""

    def __init__(self, matching_containers: dict[int, int]) -> None:
        self.changes: list[Change] = []
        self.added = self.removed = 0
        self._parts: list[str] = []
        self._open: list[tuple[str, object]] = []
        self._matching_containers = matching_containers
        self._section = ""

    def add(self, pair: Pair) -> None:
        """Write a block that is unchanged, changed, removed or added."""
        old, new, common = pair
        block = new or old
        assert block is not None  # noqa: S101 (a pair has at least one)
        if block.tag == "h2":
            self._section = block.text
        self._open_containers(self._containers(old, new))
        words = self._inline(old.words if old else (), new.words if new else (), common)
        self._parts.append(f"<{block.tag}>{words}</{block.tag}>" if block.tag else words)

    def html(self) -> str:
        """Close all containers and return the HTML."""
        self._open_containers([])
        return "\n".join(self._parts)

    def _containers(self, old: Block | None, new: Block | None) -> list[tuple[str, object]]:
        if new is not None:
            return list(new.ancestors)
        assert old is not None  # noqa: S101
        matching = self._matching_containers
        return [(tag, matching.get(number, f"old {number}")) for tag, number in old.ancestors]

    def _open_containers(self, wanted: list[tuple[str, object]]) -> None:
        common = 0
        while common < min(len(wanted), len(self._open)) and wanted[common] == self._open[common]:
            common += 1
        self._parts += [f"</{tag}>" for tag, _ in reversed(self._open[common:])]
        self._parts += [f"<{tag}>" for tag, _ in wanted[common:]]
        self._open = wanted

    def _inline(self, old: Words, new: Words, common: Pairs | None) -> str:
        runs = _runs(old, new, common)
        anchor = ""
        if any(not run.is_same for run in runs):
            anchor = f"change-{len(self.changes) + 1}"
            self.changes.append(Change(anchor, self._section))
        parts = []
        for run in runs:
            removed, added = old[run.old : run.old_end], new[run.new : run.new_end]
            if run.is_same:
                parts.append(_to_html(added))
                continue
            if removed:
                parts.append(_mark("del", _("removed"), removed, anchor))
            if added:
                # without a space the removed and the added word would read as one
                apart = bool(removed) and removed[-1].is_word and added[0].is_word
                parts.append(_mark("ins", _("added"), added, "" if removed else anchor, apart))
            anchor = ""
            self.removed += _count(removed)
            self.added += _count(added)
        return "".join(parts).strip()


def _mark(tag: str, label: str, words: Words, anchor: str, apart: bool = False) -> str:
    space = " " if words[0].has_space or apart else ""
    name = f' id="{anchor}"' if anchor else ""
    start, end = f'<span class="unseen">[{label}: </span>', '<span class="unseen">]</span>'
    return f"{space}<{tag}{name}>{start}{_to_html(words).lstrip(' ')}{end}</{tag}>"


def _to_html(words: Words) -> str:
    parts = []
    for formatting, group in groupby(words, key=itemgetter(1)):
        text = escape(join(group))
        if formatting:
            space, text = (" ", text[1:]) if text[0] == " " else ("", text)
            for each in reversed(formatting):
                name, _, href = each.partition(" ")
                opening = f'a href="{escape(href)}"' if name == "a" else name
                text = f"<{opening}>{text}</{name}>"
            text = space + text
        parts.append(text)
    return "".join(parts)
