"""Text that people type: one spelling for what looks the same, and nothing visible is lost."""

import re
import unicodedata

#: Characters without a visible form, and the controls that let text run backwards. Joiners
#: (U+200C, U+200D) stay: names in Persian and many emoji need them.
_INVISIBLE = re.compile(
    "[\x01-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]"
)
#: White space, and the letters that look like it.
_BLANK = re.compile("[\\s\u115f\u1160\u2800\u3164\uffa0]+")


def fold(text: str) -> str:
    """Return text in lower case without accents: `Écran` gives `ecran`."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def one_line(text: str) -> str:
    """Return a name or another line as it is stored: composed, without invisible characters.

    Repeated or surrounding spaces become one space or none. NUL stays: Django's fields reject it.
    """
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    return _BLANK.sub(" ", visible).strip(" \u200c\u200d")
