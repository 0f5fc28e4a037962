"""A campaign's content from its Markdown: an HTML part with inlined styles, and a text part.

Lines that start with `::` are blocks. `[[name]]` is the subscriber's name; `[[unsubscribe]]`,
`[[preferences]]` and `[[view]]` may be the target of a link. Other links become `[[link:N]]`.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby

import nh3
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from accounts.mail.plain_text import plain_text, wrap
from accounts.mail.rendering import inline_css
from accounts.newsletter.campaigns import blocks
from accounts.newsletter.campaigns.blocks import BlockError, Links
from accounts.newsletter.campaigns.campaign_email import PERSONAL
from accounts.newsletter.campaigns.models import Campaign
from microflight.core.business import FACTS

TAGS = {
    "h1", "h2", "h3", "p", "ul", "ol", "li", "strong", "em", "code", "pre", "a", "blockquote", "hr",
    "br", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
MAX_CHARACTERS = 100_000  # of Markdown: ten times a long campaign
#: The content itself, without header and footer, is between these.
BEGIN, END = "<!--content-->", "<!--/content-->"
_BLOCK = "campaign_block"
_ENCODED = re.compile(r"^%5B%5B([a-z]+)%5D%5D$", re.IGNORECASE)


@dataclass
class Content:
    """Both parts, ready to be frozen, and what the author has to fix."""

    html: str = ""
    text: str = ""
    links: list[str] = field(default_factory=list)  # by number, from 1
    alts: list[str] = field(default_factory=list)  # the alternative text of each image
    problems: list[str] = field(default_factory=list)


def render_content(campaign: Campaign) -> Content:
    """Return both parts of a campaign as it is now, with merge fields."""
    content, links = Content(), Links()
    tokens = _markdown().parse(campaign.source.replace("\r\n", "\n")[:MAX_CHARACTERS])
    # each block by itself, and what is between them
    runs = groupby(tokens, key=lambda token: id(token) if token.type == _BLOCK else None)
    parts = [_part(list(run), links, content) for _key, run in runs]
    context = {
        "campaign": campaign,
        "subject": campaign.subject,
        "business": FACTS,
        "site_url": settings.SITE_URL,
    }
    html = mark_safe("\n".join(html for html, _text in parts))  # noqa: S308 (cleaned, or by our own templates)
    text = mark_safe("\n\n".join(text for _html, text in parts if text))  # noqa: S308 (plain text)
    page = render_to_string("newsletter/campaign.html", {**context, "content": html})
    content.html = inline_css(page)
    content.text = wrap(render_to_string("newsletter/campaign.txt", {**context, "content": text}))
    content.links = links.urls
    return content


@cache
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.block.ruler.before(
        "fence", _BLOCK, _find_block, {"alt": ["paragraph", "blockquote", "list"]}
    )
    return markdown


def _find_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Markdown's rule for a line that is a block: only at the left edge, outside of lists."""
    line = state.src[state.bMarks[start] : state.eMarks[start]]
    if not line.startswith("::") or state.level:
        return False
    if not silent:
        token = state.push(_BLOCK, "", 0)
        token.content = line[2:].strip()
        state.line = start + 1
    return True


def _part(tokens: list[Token], links: Links, content: Content) -> tuple[str, str]:
    """Return the HTML and the text of a run, noting its problems and images."""
    if tokens[0].type == _BLOCK:
        line = tokens[0].content
        try:
            rendered = blocks.render(line, links)
        except BlockError as error:
            content.problems.append(f"::{line} – {error}")
            return "", ""
        content.alts += rendered.alts
        return rendered.html, rendered.text
    for token in tokens:
        for child in token.children or ():
            _resolve(child, links, content)
    markdown = _markdown()
    raw = markdown.renderer.render(tokens, markdown.options, {})
    clean = nh3.clean(raw, tags=TAGS, attributes={"a": {"href"}}, link_rel=None)
    return clean, plain_text(tokens)


def _resolve(child: Token, links: Links, content: Content) -> None:
    """Replace the target of a link by its merge field; images have a block of their own."""
    if child.type == "image":
        problem = _("The image “%s” is in the text: upload it and use ::image.")
        content.problems.append(problem % child.content)
        child.type, child.tag, child.attrs, child.children = "text", "", {}, None
    if child.type != "link_open":
        return
    href = str(child.attrGet("href") or "")
    personal = _ENCODED.match(href)
    try:
        if personal and personal[1] in PERSONAL:
            child.attrSet("href", f"[[{personal[1]}]]")
        elif not href.startswith(("mailto:", "tel:")):
            child.attrSet("href", links.token(href))
    except BlockError as error:
        content.problems.append(str(error))
        child.attrSet("href", settings.SITE_URL + "/")
