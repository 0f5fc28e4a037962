"""Prints what comparing two texts of 5,000 words takes: name, milliseconds, limit.

Processor time, the median of nine. Needs no database.
"""

import random
import statistics
import time

from policies.redline import compare

WORDS, LIMIT = 5000, 100  # words of a text; milliseconds


def _text(dice: random.Random) -> list[str]:
    """5,000 words in paragraphs of 60, as often the same ones as in prose."""
    common = [f"word{int(dice.paretovariate(0.7)) % 900}" for _ in range(WORDS)]
    return [" ".join(common[start : start + 60]) for start in range(0, WORDS, 60)]


def _some_changed(dice: random.Random, paragraphs: list[str]) -> list[str]:
    """Every third paragraph with some other words, two gone, one come."""
    changed = list(paragraphs)
    for place in range(0, len(changed), 3):
        words = changed[place].split()
        for _ in range(6):
            words[dice.randrange(len(words))] = f"new{dice.randrange(500)}"
        changed[place] = " ".join(words)
    del changed[10], changed[40]
    return [*changed[:20], "A paragraph that was not there before.", *changed[20:]]


def _milliseconds(old: str, new: str) -> float:
    took = []
    for _ in range(9):
        began = time.process_time()
        compare(old, new)
        took.append(1000 * (time.process_time() - began))
    return statistics.median(took)


def main() -> None:
    """Measure a usual change, two strange texts, and the same two in one paragraph each."""
    dice = random.Random(6)
    old, other = _text(dice), _text(dice)
    cases = [
        ("a third changed", "\n\n".join(old), "\n\n".join(_some_changed(dice, old))),
        ("nothing alike", "\n\n".join(old), "\n\n".join(other)),
        ("one paragraph each", " ".join(old), " ".join(other)),
    ]
    for name, before, after in cases:
        row = (f"redline of {WORDS:,} words, {name}, ms", _milliseconds(before, after), LIMIT)
        print(*row, sep="\t")  # noqa: T201


if __name__ == "__main__":
    main()
