"""Descriptions of products: Markdown, in which HTML is allowed, as safe HTML."""

from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

from microflight.core.html import clean_html

_PARSER = MarkdownIt("commonmark", {"html": True}).enable("table")


def description_html(text: str) -> SafeString:
    """Return a description as HTML with the tags of running text only."""
    return clean_html(_PARSER.render(text).strip())
