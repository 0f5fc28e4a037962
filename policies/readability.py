"""The reading level of a policy: school grade by the Flesch-Kincaid formula.

Source: Kincaid, Fishburne, Rogers, Chissom: Derivation of new readability formulas, 1975. Syllables
are counted as groups of vowels, which is correct for about nine in ten English words.
"""

import re

from policies.blocks import blocks

_SENTENCE_END = re.compile(r"[.!?:;]+(?:\s|$)")
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")
_VOWELS = re.compile(r"[aeiouy]+")


def grade(source: str) -> float:
    """Return the school grade of a Markdown text without headings and tables, 0 without words."""
    prose = [block.text for block in blocks(source) if block.tag in ("", "p")]
    sentences = [part for text in prose for part in _SENTENCE_END.split(text) if _WORD.search(part)]
    words = [word for sentence in sentences for word in _WORD.findall(sentence)]
    if not words:
        return 0.0
    syllables = sum(map(_syllables, words))
    return max(0.0, 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59)


def _syllables(word: str) -> int:
    letters = word.lower().replace("'", "").replace("’", "")
    count = len(_VOWELS.findall(letters))
    silent = letters.endswith("e") and not letters.endswith(("le", "ee", "ye")) and count > 1
    return max(1, count - silent)
