"""What changed between two texts, word by word.

Said three ways: by the elements `ins` and `del`, by lines through and under the words, and by
words that only screen readers and whoever copies the text meet: "[removed: " and "[added: ".
"""

from collections import Counter
from dataclasses import dataclass
from html import escape  # Django's makes each piece a safe string, at twice the time
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import nh3
from django.utils.safestring import SafeString, mark_safe

from policies import markdown
from policies.alignment import Pairs, align
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
    for pair in pairs:
        page.put(pair)
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


class Pair(NamedTuple):
    """A paragraph of either text beside what became of it; None beside what has no counterpart."""

    old: Block | None
    new: Block | None
    common: Pairs | None = None  # the words that stay, where they were looked for already


def _paired(old: list[Block], new: list[Block]) -> list[Pair]:
    """Every block of both texts in one order."""
    stays = align([_keys(b.words) for b in old], [_keys(b.words) for b in new])
    pairs: list[Pair] = []
    i = j = 0
    for next_i, next_j in [*stays, (len(old), len(new))]:
        pairs += _between(old[i:next_i], new[j:next_j])
        if next_i < len(old):
            pairs.append(Pair(old[next_i], new[next_j]))
        i, j = next_i + 1, next_j + 1
    return pairs


def _between(old: list[Block], new: list[Block]) -> list[Pair]:
    """Pair the changed blocks by the words that they share."""
    if not old or not new:
        return [*(Pair(block, None) for block in old), *(Pair(None, block) for block in new)]
    words = align(_all_keys(old), _all_keys(new))
    common = words if len(old) == len(new) == 1 else None
    pairs: list[Pair] = []
    i = j = 0
    for like_i, like_j in [*_alike(old, new, words), (len(old), len(new))]:
        pairs += [Pair(block, None) for block in old[i:like_i]]
        pairs += [Pair(None, block) for block in new[j:like_j]]
        if like_i < len(old):
            pairs.append(Pair(old[like_i], new[like_j], common))
        i, j = like_i + 1, like_j + 1
    return pairs


def _alike(old: list[Block], new: list[Block], words: Pairs) -> list[tuple[int, int]]:
    """Places of blocks that share most words, best first taken, none crossing another."""
    from_old = [place for place, block in enumerate(old) for _ in block.words]
    from_new = [place for place, block in enumerate(new) for _ in block.words]
    common = Counter((from_old[i], from_new[j]) for i, j in words)
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
    for old, new, _ in pairs:
        around = zip(old.inside, new.inside, strict=False) if old and new else ()
        for (tag, was), (tag_now, now) in around:
            if tag == tag_now:
                became.setdefault(was, now)
    return became


# --- Which words ----------------------------------------------------------------------------------


class _Run(NamedTuple):
    """Words that stay (then old and new are as many), or that give way to others: where they begin
    in the old text and end there, and in the new one."""

    old: int
    old_end: int
    new: int
    new_end: int
    stays: bool

    @property
    def words(self) -> int:
        """How many words it has on both sides together."""
        return self.old_end - self.old + self.new_end - self.new


def _runs(old: Words, new: Words, common: Pairs | None = None) -> list[_Run]:
    """Both rows of words as runs, in their order."""
    if common is None:
        kept, came = _keys(old), _keys(new)
        if kept == came:
            return [_Run(0, len(old), 0, len(new), stays=True)] if new else []
        common = align(kept, came)
    return _readable(_stretches(common, len(old), len(new)), new)


def _stretches(common: Pairs, old_end: int, new_end: int) -> list[_Run]:
    """Common words that follow each other in both texts as runs, and what stands between these."""
    runs: list[_Run] = []
    old = new = 0  # where the stretch at hand began
    i = j = 0  # where it ends
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


def _readable(runs: list[_Run], new: Words) -> list[_Run]:
    """Let a lone common word between two larger changes change with them: "of" tells nothing."""
    out: list[_Run] = []
    for place, run in enumerate(runs):
        stays = run.stays
        if stays and 0 < place < len(runs) - 1:
            few = min(runs[place - 1].words, runs[place + 1].words) // 3
            stays = run.new_end - run.new > few and _count(new[run.new : run.new_end]) > few
        if not stays:
            before = out.pop() if out and not out[-1].stays else run
            run = _Run(before.old, run.old_end, before.new, run.new_end, False)
        out.append(run)
    return out


def _count(words: Words) -> int:
    return sum([word.counts for word in words])


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

    def put(self, pair: Pair) -> None:
        """Add a block that stays, changed, went or came."""
        old, new, common = pair
        block = new or old
        assert block is not None  # noqa: S101 (one of them is there)
        if block.tag == "h2":
            self._section = block.text
        self._enter(self._around(old, new))
        words = self._inline(old.words if old else (), new.words if new else (), common)
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

    def _inline(self, old: Words, new: Words, common: Pairs | None) -> str:
        runs = _runs(old, new, common)
        anchor = ""
        if any(not run.stays for run in runs):
            anchor = f"change-{len(self.changes) + 1}"
            self.changes.append(Change(anchor, self._section))
        parts = []
        for run in runs:
            went, came = old[run.old : run.old_end], new[run.new : run.new_end]
            if run.stays:
                parts.append(_set(came))
                continue
            if went:
                parts.append(_marked("del", "removed", went, anchor))
            if came:
                # side by side the two would read as one word
                apart = bool(went) and went[-1].counts and came[0].counts
                parts.append(_marked("ins", "added", came, "" if went else anchor, apart))
            anchor = ""
            self.removed += _count(went)
            self.added += _count(came)
        return "".join(parts).strip()


def _marked(tag: str, says: str, words: Words, anchor: str, apart: bool = False) -> str:
    space = " " if words[0].spaced or apart else ""
    name = f' id="{anchor}"' if anchor else ""
    start, end = f'<span class="unseen">[{says}: </span>', '<span class="unseen">]</span>'
    return f"{space}<{tag}{name}>{start}{_set(words).lstrip(' ')}{end}</{tag}>"


def _set(words: Words) -> str:
    """Words with their marks as HTML."""
    parts = []
    for marks, group in groupby(words, key=itemgetter(1)):
        text = escape(plain(group))
        if marks:
            space, text = (" ", text[1:]) if text[0] == " " else ("", text)
            for mark in reversed(marks):
                name, _, address = mark.partition(" ")
                opening = f'a href="{escape(address)}"' if name == "a" else name
                text = f"<{opening}>{text}</{name}>"
            text = space + text
        parts.append(text)
    return "".join(parts)
