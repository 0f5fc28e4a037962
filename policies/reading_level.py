"""How many years of school a text takes, by the formula of Flesch and Kincaid.

Source: Kincaid, Fishburne, Rogers, Chissom: Derivation of new readability formulas, 1975. Syllables
are counted by groups of vowels, which is right for about nine words in ten.
"""

import re

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_LAYOUT = re.compile(r"^\s*(?:\|.*|#+.*)$", re.MULTILINE)  # tables and headings are no sentences
_SENTENCE_END = re.compile(r"[.!?:;]+(?:\s|$)|\n\s*\n|\n\s*(?:[-*]|\d+\.)\s")
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")
_VOWELS = re.compile(r"[aeiouy]+")


def grade(text: str) -> float:
    """Return the school years that a Markdown text takes, 0 for one without words."""
    prose = _LAYOUT.sub("\n\n", _LINK.sub(r"\1", _COMMENT.sub("", text)))
    words = _WORD.findall(prose)
    sentences = [part for part in _SENTENCE_END.split(prose) if _WORD.search(part)]
    if not words:
        return 0.0
    syllables = sum(map(_syllables, words))
    years = 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59
    return max(0.0, years)


def _syllables(word: str) -> int:
    plain = word.lower().replace("'", "").replace("’", "")
    count = len(_VOWELS.findall(plain))
    silent = plain.endswith("e") and not plain.endswith(("le", "ee", "ye")) and count > 1
    return max(1, count - silent)
