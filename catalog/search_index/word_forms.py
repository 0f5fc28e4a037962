"""Words as search compares them: lower case, no accents, singular, American spelling.

Documents and queries go through the same functions, so both databases store and compare finished
words and need no dictionary of their own.
"""

import re
from collections.abc import Iterable

from microflight.core.text import fold

MAX_WORD = 40  # characters of a word that are compared
_WORD = re.compile(r"[^\W_]+(?:\.[0-9]+)?(?:x[0-9]+(?:\.[0-9]+)?)*")
_THOUSANDS = re.compile(r"(?<![0-9.,])[1-9][0-9]{0,2}(?:,[0-9]{3})+(?![0-9,])")
_DECIMAL_COMMA = re.compile(r"(?<=[0-9]),(?=[0-9])")
_SIZES = re.compile(r"(?<=[0-9]) ?[x×*] ?(?=\.?[0-9])")
_SIZE_UNIT = re.compile(r"(?<=[0-9])(?=(?:mm|cm)(?![^\W_]))")
_ZEROS = re.compile(r"(?<![0-9.])([0-9]+)\.([0-9]*?)0+(?![0-9])")
_NUMBERS = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12",
}  # fmt: skip
_NUMBER_WORD = re.compile(rf"(?<![^\W_])(?:{'|'.join(_NUMBERS)})(?![^\W_])")
#: British words with another spelling in America, as far as the rules of `_american` miss them.
_AMERICAN = {
    "aeroplane": "airplane",
    "aluminium": "aluminum",
    "calliper": "caliper",
    "catalogue": "catalog",
    "cheque": "check",
    "disk": "disc",
    "fibre": "fiber",
    "grey": "gray",
    "licence": "license",
    "mould": "mold",
    "moulded": "molded",
    "tyre": "tire",
    "vise": "vice",
}


def plain(text: str) -> str:
    """Return text in lower case with one spelling of numbers and sizes.

    `3,60 g` is `3.6 g`, `4 × 8mm` is `4x8 mm`, `two` is `2`, and `1,234` is `1234`: product data
    has no weights with three decimals.
    """
    text = _THOUSANDS.sub(lambda found: found[0].replace(",", ""), fold(text))
    text = _SIZES.sub("x", _DECIMAL_COMMA.sub(".", text))
    text = _NUMBER_WORD.sub(lambda found: _NUMBERS[found[0]], _SIZE_UNIT.sub(" ", text))
    return _ZEROS.sub(lambda found: f"{found[1]}.{found[2]}".rstrip("."), text)


def words_of(text: str) -> list[str]:
    """Return the words of a text in order, each as search compares it."""
    return [stem(word) for word in raw_words(text)]


def raw_words(text: str) -> list[str]:
    """Return the words of a text as they are written, in lower case."""
    return _WORD.findall(_split_sizes(plain(text)))


def _split_sizes(text: str) -> str:
    return re.sub(r"(?<=[0-9])x(?![0-9.])", "x ", text)


def stem(word: str) -> str:
    """Return a word in the singular and in American spelling."""
    word = word[:MAX_WORD]
    if not word.isascii() or not word.isalpha():
        return word
    return _american(_singular(word))


def _singular(word: str) -> str:
    if len(word) < 4 or word.endswith(("ss", "us", "is")):
        return word[:-3] if word.endswith("ing") and len(word) > 6 else word
    for plural, single in (("ies", "y"), ("ises", "is"), ("shes", "sh"), ("ches", "ch")):
        if word.endswith(plural):
            return word[: -len(plural)] + single
    if word.endswith(("xes", "zes", "sses")):
        return word[:-2]
    if word.endswith("ing") and len(word) > 6:
        return word[:-3]
    return word.removesuffix("s")


def _american(word: str) -> str:
    if word in _AMERICAN:
        return _AMERICAN[word]
    if len(word) > 5 and word.endswith("our"):
        return word[:-3] + "or"
    if len(word) > 4 and word.endswith("tre"):
        return word[:-2] + "er"
    return re.sub(r"ll(ed|er)$", r"l\1", word) if len(word) > 7 else word


def sku_words(sku: str) -> list[str]:
    """Return the parts of a SKU, and its endings without hyphens.

    MF-RX-4CH gives mf, rx, 4ch, mfrx4ch, rx4ch.
    """
    parts = raw_words(sku)
    endings = ["".join(parts[start:]) for start in range(len(parts) - 1)]
    return [stem(word) for word in parts + endings]


def joined(words: Iterable[str]) -> str:
    """Return words as a document stores them: once each, in order."""
    return " ".join(dict.fromkeys(words))
