"""What changed between two texts, word by word.

Said three ways: by the elements `ins` and `del`, by lines through and under the words, and by
words that only screen readers and whoever copies the text meet: "[removed: " and "[added: ".
"""

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from policies import markdown
from policies.alignment import align
from policies.blocks import Block, Word, blocks, plain

ALIKE = 0.5  # the share of common words from which a paragraph is said to be changed, not replaced
_TAGS = markdown.TAGS | {"ins", "del", "span"}
_ATTRIBUTES = {"a": {"href"}, "ins": {"id"}, "del": {"id"}}

Words = tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A changed paragraph: the anchor that leads to it, and the heading below which it stands."""

    anchor: str
    section: str


class Place(NamedTuple):
    """A section with changes: its heading, the anchor of the first one, and how many."""

    section: str
    anchor: str
    number: int


@dataclass(frozen=True, slots=True)
class Redline:
    """Both texts in one, and how much differs: words added and removed."""

    html: SafeString
    changes: tuple[Change, ...]
    added: int
    removed: int

    @property
    def places(self) -> list[Place]:
        """Return the sections with changes, in their order."""
        sections = groupby(self.changes, key=lambda change: change.section)
        grouped = [(name, list(changes)) for name, changes in sections]
        return [Place(name, changes[0].anchor, len(changes)) for name, changes in grouped]


def redline(old: str, new: str) -> SafeString:
    """Return two Markdown texts as one page of safe HTML; empty where no word differs."""
    return compare(old, new).html


def compare(old: str, new: str) -> Redline:
    """Compare two Markdown texts as readers see them: notes for staff do not count."""
    pairs = _paired(blocks(old), blocks(new))
    page = _Page(_surroundings(pairs))
    for before, after in pairs:
        page.put(before, after)
    if not page.changes:
        return Redline(SafeString(), (), 0, 0)
    html = nh3.clean(
        page.html(),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes={"span": {"unseen"}},
        link_rel=None,
    )
    safe = mark_safe(html)  # noqa: S308 (cleaned in the line above)
    return Redline(safe, tuple(page.changes), page.added, page.removed)


# --- Which paragraph became which ---------------------------------------------------------------

Pair = tuple[Block | None, Block | None]


def _paired(old: list[Block], new: list[Block]) -> list[Pair]:
    """Every block of both texts in one order; None beside what has no counterpart."""
    stays = align([_keys(b.words) for b in old], [_keys(b.words) for b in new])
    pairs: list[Pair] = []
    i = j = 0
    for next_i, next_j in [*stays, (len(old), len(new))]:
        pairs += _between(old[i:next_i], new[j:next_j])
        if next_i < len(old):
            pairs.append((old[next_i], new[next_j]))
        i, j = next_i + 1, next_j + 1
    return pairs


def _between(old: list[Block], new: list[Block]) -> list[Pair]:
    """Pair the changed blocks by the words that they share."""
    pairs: list[Pair] = []
    i = j = 0
    for like_i, like_j in [*_alike(old, new), (len(old), len(new))]:
        pairs += [(block, None) for block in old[i:like_i]]
        pairs += [(None, block) for block in new[j:like_j]]
        if like_i < len(old):
            pairs.append((old[like_i], new[like_j]))
        i, j = like_i + 1, like_j + 1
    return pairs


def _alike(old: list[Block], new: list[Block]) -> list[tuple[int, int]]:
    """Places of blocks that share most words, best first taken, none crossing another."""
    from_old = [place for place, block in enumerate(old) for _ in block.words]
    from_new = [place for place, block in enumerate(new) for _ in block.words]
    common: dict[tuple[int, int], int] = {}
    for i, j in align(_all_keys(old), _all_keys(new)):
        place = from_old[i], from_new[j]
        common[place] = common.get(place, 0) + 1
    shares = {
        (i, j): 2 * shared / (len(old[i].words) + len(new[j].words))
        for (i, j), shared in common.items()
    }
    taken: list[tuple[int, int]] = []
    for i, j in sorted(shares, key=lambda place: -shares[place]):
        if shares[i, j] >= ALIKE and not any(i == x or j == y for x, y in taken):
            taken.append((i, j))
    return sorted(taken)  # what was aligned never crosses


def _all_keys(several: list[Block]) -> list[object]:
    return [key for block in several for key in _keys(block.words)]


def _surroundings(pairs: list[Pair]) -> dict[int, int]:
    """Which list, item, table or row of the old text became which of the new one."""
    became: dict[int, int] = {}
    for old, new in pairs:
        around = zip(old.inside, new.inside, strict=False) if old and new else ()
        for (tag, was), (tag_now, now) in around:
            if tag == tag_now:
                became.setdefault(was, now)
    return became


# --- Which words ----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Run:
    """Words that stay (then old and new are as many), or that give way to others."""

    old: Words
    new: Words
    stays: bool


def _runs(old: Words, new: Words) -> list[_Run]:
    """Both rows of words as runs, in their order."""
    if (kept := _keys(old)) == (came := _keys(new)):
        return [_Run(old, new, stays=True)] if new else []
    runs: list[_Run] = []
    i = j = 0
    for next_i, next_j, length in _stretches(align(kept, came)):
        runs.append(_Run(old[i:next_i], new[j:next_j], stays=False))
        i, j = next_i + length, next_j + length
        runs.append(_Run(old[next_i:i], new[next_j:j], stays=True))
    runs.append(_Run(old[i:], new[j:], stays=False))
    return _readable([run for run in runs if run.old or run.new])


def _stretches(pairs: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """Common words that follow each other in both texts: places in old and new, and how many."""
    found: list[tuple[int, int, int]] = []
    for i, j in pairs:
        if found and (i, j) == (found[-1][0] + found[-1][2], found[-1][1] + found[-1][2]):
            found[-1] = (*found[-1][:2], found[-1][2] + 1)
        else:
            found.append((i, j, 1))
    return found


def _readable(runs: list[_Run]) -> list[_Run]:
    """Let a lone common word between two larger changes change with them: "of" tells nothing."""
    out: list[_Run] = []
    for place, run in enumerate(runs):
        lone = run.stays and 0 < place < len(runs) - 1
        if lone and _weight(run) <= _smaller(runs[place - 1], runs[place + 1]) // 3:
            run = _Run(run.old, run.new, stays=False)
        if out and out[-1].stays == run.stays:
            run = _joined(out.pop(), run)
        out.append(run)
    return out


def _weight(run: _Run) -> int:
    return sum(word.counts for word in run.new)


def _smaller(one: _Run, other: _Run) -> int:
    return min(len(one.old) + len(one.new), len(other.old) + len(other.new))


def _joined(one: _Run, other: _Run) -> _Run:
    return _Run(one.old + other.old, one.new + other.new, one.stays and other.stays)


def _keys(words: Words) -> tuple[object, ...]:
    return tuple([word[:2] for word in words])  # text and marks; a property is too slow here


# --- The page -------------------------------------------------------------------------------------


class _Page:
    """Puts blocks one after the other, and opens and closes what stands around them."""

    def __init__(self, became: dict[int, int]) -> None:
        self.changes: list[Change] = []
        self.added = self.removed = 0
        self._parts: list[str] = []
        self._open: list[tuple[str, object]] = []
        self._became = became
        self._section = ""

    def put(self, old: Block | None, new: Block | None) -> None:
        """Add a block that stays, changed, went or came."""
        block = new or old
        assert block is not None  # noqa: S101 (one of them is there)
        if block.tag == "h2":
            self._section = block.text
        self._enter(self._around(old, new))
        words = self._inline(old.words if old else (), new.words if new else ())
        self._parts.append(f"<{block.tag}>{words}</{block.tag}>" if block.tag else words)

    def html(self) -> str:
        """Return everything, closed."""
        self._enter([])
        return "\n".join(self._parts)

    def _around(self, old: Block | None, new: Block | None) -> list[tuple[str, object]]:
        if new is not None:
            return list(new.inside)
        assert old is not None  # noqa: S101
        return [(tag, self._became.get(was, f"old {was}")) for tag, was in old.inside]

    def _enter(self, around: list[tuple[str, object]]) -> None:
        common = 0
        while common < min(len(around), len(self._open)) and around[common] == self._open[common]:
            common += 1
        self._parts += [f"</{tag}>" for tag, _ in reversed(self._open[common:])]
        self._parts += [f"<{tag}>" for tag, _ in around[common:]]
        self._open = around

    def _inline(self, old: Words, new: Words) -> str:
        runs = _runs(old, new)
        anchor = ""
        if any(not run.stays for run in runs):
            anchor = f"change-{len(self.changes) + 1}"
            self.changes.append(Change(anchor, self._section))
        parts = []
        for run in runs:
            if run.stays:
                parts.append(_set(run.new))
                continue
            if run.old:
                parts.append(_marked("del", "removed", run.old, anchor))
            if run.new:
                # side by side the two would read as one word
                apart = bool(run.old) and run.old[-1].counts and run.new[0].counts
                parts.append(_marked("ins", "added", run.new, "" if run.old else anchor, apart))
            anchor = ""
            self.removed += sum(word.counts for word in run.old)
            self.added += sum(word.counts for word in run.new)
        return "".join(parts).strip()


def _marked(tag: str, says: str, words: Words, anchor: str, apart: bool = False) -> str:
    first = words[0]._replace(spaced=False)
    space = " " if words[0].spaced or apart else ""
    name = f' id="{anchor}"' if anchor else ""
    start, end = f'<span class="unseen">[{says}: </span>', '<span class="unseen">]</span>'
    return f"{space}<{tag}{name}>{start}{_set((first, *words[1:]))}{end}</{tag}>"


def _set(words: Words) -> str:
    """Words with their marks as HTML."""
    parts = []
    for marks, group in groupby(words, key=itemgetter(1)):
        text = str(escape(plain(group)))
        space, text = (" ", text[1:]) if text[0] == " " else ("", text)
        for mark in reversed(marks):
            name, _, address = mark.partition(" ")
            opening = f'a href="{escape(address)}"' if name == "a" else name
            text = f"<{opening}>{text}</{name}>"
        parts.append(space + text)
    return "".join(parts)
