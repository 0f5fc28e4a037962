"""Running text at a width that every mail program shows without a bar to scroll."""

import re
import textwrap

WIDTH = 78  # characters, as RFC 5322 recommends


def folded(text: str, indent: str = "", first: str | None = None) -> str:
    """Return text folded line by line, `first` before its first line and `indent` before others.

    Links stay whole, and at most one empty line follows another.
    """
    start = indent if first is None else first
    lines = []
    for line in text.strip().splitlines():
        lines.append(_fold(line.strip(), start, indent))
        start = indent
    return re.sub(r"\n\s*\n(\s*\n)+", "\n\n", "\n".join(lines))


def _fold(line: str, first: str, indent: str) -> str:
    if not line:
        return ""
    return textwrap.fill(
        line,
        WIDTH,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
