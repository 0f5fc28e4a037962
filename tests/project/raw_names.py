"""Names of code that staff should never read: of states, columns, classes and rows."""

import re
from html import unescape

_HIDDEN = re.compile(r"<(script|style|head|textarea|code|pre)\b.*?</\1>|<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_RAW = re.compile(
    r"\b[A-Z]\w+ object \(\w+\)"  # a row without a name
    r"|\bwith this [A-Za-z_]+ already"  # Django's message, with the name of a column
    r"|(?<![\w./@:#?=&-])[a-z]+(?:_[a-z]+)+(?![\w./@-])"  # of a column
    r"|(?<![\w./@:#?=&-])[a-z]+(?:-[a-z]+)+(?![\w./@-])"  # of a state or type
)


def raw_names(html: str, known: frozenset[str]) -> set[str]:
    """Return the names of code in the text of a page, without words that are `known`."""
    text = unescape(_TAG.sub(" ", _HIDDEN.sub(" ", html)))
    return set(_RAW.findall(text)) - known
