"""Print how long it takes to compare two versions of 5,000 words: name, milliseconds, limit.

Processor time, the median of nine. Needs no database.
"""

import random
import statistics
import time

import django

from policies.redline import compare

WORDS, LIMIT = 5000, 100  # milliseconds


def _paragraphs(dice: random.Random) -> list[str]:
    """Return 5,000 words in paragraphs of 60, with a natural distribution."""
    common = [f"word{int(dice.paretovariate(0.7)) % 900}" for _ in range(WORDS)]
    return [" ".join(common[start : start + 60]) for start in range(0, WORDS, 60)]


def _some_changed(dice: random.Random, paragraphs: list[str]) -> list[str]:
    """Return the paragraphs with every third one changed, two removed and one added."""
    changed = list(paragraphs)
    for index in range(0, len(changed), 3):
        words = changed[index].split()
        for _ in range(6):
            words[dice.randrange(len(words))] = f"new{dice.randrange(500)}"
        changed[index] = " ".join(words)
    del changed[10], changed[40]
    return [*changed[:20], "A paragraph that was not there before.", *changed[20:]]


def _milliseconds(old: str, new: str) -> float:
    times = []
    for _ in range(9):
        start = time.process_time()
        compare(old, new)
        times.append(1000 * (time.process_time() - start))
    return statistics.median(times)


def main() -> None:
    """Measure a typical change, and two different versions with many paragraphs and with one."""
    django.setup()  # the marks of a redline are translated
    dice = random.Random(6)
    old, other = _paragraphs(dice), _paragraphs(dice)
    cases = [
        ("a third changed", "\n\n".join(old), "\n\n".join(_some_changed(dice, old))),
        ("all different", "\n\n".join(old), "\n\n".join(other)),
        ("one paragraph each", " ".join(old), " ".join(other)),
    ]
    for name, before, after in cases:
        row = (f"redline of {WORDS:,} words, {name}, ms", _milliseconds(before, after), LIMIT)
        print(*row, sep="\t")  # noqa: T201


if __name__ == "__main__":
    main()
