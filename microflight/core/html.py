"""HTML that people write: made safe for a page, or made into text."""

import re
from html.parser import HTMLParser

import nh3
from django.utils.safestring import SafeString, mark_safe

from microflight.core.text import one_line

TAGS = {
    "h2", "h3", "h4", "div", "p", "ul", "ol", "li", "dl", "dt", "dd", "strong", "b", "em", "i", "u",
    "s", "sub", "sup", "small", "span", "code", "pre", "a", "blockquote", "hr", "br", "table",
    "caption", "thead", "tbody", "tfoot", "tr", "th", "td",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"}}
#: Tags inside of a word or sentence; all others separate words.
_INLINE = {
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "tt", "u",
    "var", "wbr",
}  # fmt: skip
_WITHOUT_TEXT = {"script", "style", "template"}


def clean_html(html: str) -> SafeString:
    """Return HTML with the tags of running text only: no scripts, styles, images or comments.

    The page has the first heading, and "Description" is the second: headings start at the third.
    """
    lower = re.sub(r"<(/?)h[12]\b", r"<\1h3", html, flags=re.IGNORECASE)
    clean = nh3.clean(lower, tags=TAGS, attributes=_ATTRIBUTES, link_rel=None)
    return mark_safe(clean)  # noqa: S308 (cleaned in the line above)


class _Text(HTMLParser):
    """Collects the text of HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.skipped: list[str] = []  # open tags whose content is dropped

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what is skipped; a block is a space."""
        if tag in _WITHOUT_TEXT:
            self.skipped.append(tag)
        elif tag not in _INLINE:
            self.parts.append(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<br/>` is a space, too."""
        if tag not in _INLINE:
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """End what is skipped; a block is a space."""
        if tag in self.skipped:
            while self.skipped.pop() != tag:
                pass
        elif tag not in _INLINE:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        """Collect text."""
        if not self.skipped:
            self.parts.append(data)


def html_to_text(html: str) -> str:
    """Return the text of HTML in one line: blocks are separated, entities are characters.

    Soft hyphens and other invisible characters are left out, so that words stay whole.
    """
    reader = _Text()
    reader.feed(html)
    reader.close()
    return one_line("".join(reader.parts))
