"""Marks the words of a text that a search matched."""

import re
from functools import lru_cache

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from catalog.search_index.word_forms import raw_words, stem

_TOKEN = re.compile(r"[^\W_]+(?:[.,][0-9]+)?(?: ?[x×] ?[0-9.,]+)*")


@lru_cache(maxsize=4_096)
def highlight(text: str, matched: tuple[str, ...]) -> SafeString:
    """Return escaped text with matching words in <mark>; `recei*` matches what it begins."""
    whole = {word for word in matched if not word.endswith("*")}
    beginnings = tuple(word[:-1] for word in matched if word.endswith("*"))
    parts: list[str] = []
    end = 0
    for found in _TOKEN.finditer(text):
        words = [stem(word) for word in raw_words(found[0])]
        if any(word in whole or word.startswith(beginnings) for word in words):
            parts.append(conditional_escape(text[end : found.start()]))
            parts.append(f"<mark>{conditional_escape(found[0])}</mark>")
            end = found.end()
    return mark_safe("".join([*parts, conditional_escape(text[end:])]))  # noqa: S308 (escaped above)
