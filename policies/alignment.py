"""The longest common subsequence of two sequences.

The textbook table, with a bit per cell and a row in one Python integer: aligning 5,000 words with
5,000 others takes a few hundredths of a second. After Hyyrö, "Bit-parallel LCS-length computation
revisited" (2004).
"""

from collections.abc import Hashable, Sequence

Pairs = list[tuple[int, int]]
MAX_CELLS = 400_000_000  # of one bit each: 50 MB


def align(old: Sequence[Hashable], new: Sequence[Hashable]) -> Pairs:
    """Return the positions (in old, in new) of the common elements, in their order."""
    start, end = 0, 0
    shorter = min(len(old), len(new))
    while start < shorter and old[start] == new[start]:
        start += 1
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    middle = _align_middle(old[start : len(old) - end], new[start : len(new) - end])
    return [
        *((position, position) for position in range(start)),
        *((i + start, j + start) for i, j in middle),
        *((len(old) - back, len(new) - back) for back in range(end, 0, -1)),
    ]


def _align_middle(old: Sequence[Hashable], new: Sequence[Hashable]) -> Pairs:
    if not old or not new or len(old) * len(new) > MAX_CELLS:
        return []
    rows = _table(old, new)
    pairs: Pairs = []
    i, j = len(old) - 1, len(new) - 1
    while i >= 0 and j >= 0:
        if old[i] == new[j]:
            pairs.append((i, j))
            i, j = i - 1, j - 1
        elif rows[j] >> i & 1:  # the subsequence is as long without old[i]
            i -= 1
        else:
            j -= 1
    return pairs[::-1]


def _table(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[int]:
    """Return a row per element of `new`: bit i is 0 if old[i] makes the subsequence longer."""
    positions: dict[Hashable, int] = {}
    for position, element in enumerate(old):
        positions[element] = positions.get(element, 0) | 1 << position
    full = row = (1 << len(old)) - 1
    rows = []
    for element in new:
        matches = row & positions.get(element, 0)
        row = ((row + matches) | (row - matches)) & full
        rows.append(row)
    return rows
