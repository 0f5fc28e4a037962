"""Splits text into the words that search compares: lower case, no accents or punctuation."""

import re
import unicodedata

_WORD = re.compile(r"[a-z0-9]+(?:\.[0-9]+)?")
_SIZES = re.compile(r"(?<=[0-9]) ?[x×] ?(?=[0-9])")


def fold(text: str) -> str:
    """Return text in lower case without accents: `Écran` gives `ecran`."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def words_of(text: str) -> list[str]:
    """Return the words of a text in order. `3.6` is one word, `4 × 8` is `4x8`."""
    return _WORD.findall(_SIZES.sub("x", fold(text)))


def sku_words(sku: str) -> list[str]:
    """Return the parts of a SKU, and its endings without hyphens.

    MF-RX-4CH gives mf, rx, 4ch, mfrx4ch, rx4ch.
    """
    parts = words_of(sku)
    return parts + ["".join(parts[start:]) for start in range(len(parts) - 1)]
