"""Which letters our paper has.

PDFs are set in the fonts that every reader of PDF brings along, in Windows-1252: English, French
and most of Western Europe. Why no larger font is embedded: docs/decisions/011.
"""

# Said otherwise where the font has no such sign. Letters never are: they would be others.
_SAID = str.maketrans({
    "→": "->", "−": "-", "≤": "<=", "≥": ">=", "≠": "is not",
    "\u2010": "-", "\u2011": "-", "\u202f": "\u00a0", "\u2009": "\u00a0",
    "\u200b": "", "\u00ad": "",
})  # fmt: skip


class CannotPrint(Exception):
    """A text has letters that our paper has not; the words say which and what to do instead."""


def printable(text: str) -> str:
    """Return a line as the font can set it. Raises CannotPrint, never prints a gap or a "?"."""
    said = text.translate(_SAID)
    try:
        said.encode("cp1252")
    except UnicodeEncodeError as lacks:
        raise CannotPrint(
            f"There is no PDF of this text: our PDF font has no “{said[lacks.start]}”. "
            "Your browser can print the page itself."
        ) from None
    return said


def can_print(*texts: str) -> bool:
    """Tell whether texts can be set as PDF."""
    try:
        for text in texts:
            printable(text)
    except CannotPrint:
        return False
    return True
