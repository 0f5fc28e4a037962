"""A letter from its Markdown: an HTML part with its styles inlined, and a text part.

Lines that begin with `::` are blocks. `[[name]]` is the reader's name; `[[leave]]`,
`[[preferences]]` and `[[view]]` may be where a link leads. Other addresses become `[[link:N]]`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import nh3
from css_inline import CSSInliner
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from accounts.newsletter.models import Campaign
from accounts.newsletter.writing import blocks
from accounts.newsletter.writing.addresses import PERSONAL, BadAddress, Links
from accounts.newsletter.writing.fold import WIDTH, folded
from accounts.newsletter.writing.plain import plain
from microflight.core.business import FACTS

TAGS = {
    "h1", "h2", "h3", "p", "ul", "ol", "li", "strong", "em", "code", "pre", "a", "blockquote", "hr",
    "br", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
MOST_CHARACTERS = 100_000  # of Markdown: ten times a long letter
#: What stands between these is the letter itself, without its head and foot.
BEGIN, END = "<!--letter-->", "<!--/letter-->"
_BLOCK = "letter_block"
_ENCODED = re.compile(r"^%5B%5B([a-z]+)%5D%5D$", re.IGNORECASE)


@dataclass
class Written:
    """A letter ready to be frozen, and what its writer has to mend."""

    html: str = ""
    text: str = ""
    links: list[str] = field(default_factory=list)  # by number, from 1
    alts: list[str] = field(default_factory=list)  # the words of each picture
    problems: list[str] = field(default_factory=list)


def write(campaign: Campaign) -> Written:
    """Return both parts of a letter as they stand now, with tokens where readers differ."""
    letter = Written()
    links = Links()
    parts = [_part(tokens, links, letter) for tokens in _runs(_parse(campaign.source))]
    context = {
        "campaign": campaign,
        "subject": campaign.subject,
        "business": FACTS,
        "site_url": settings.SITE_URL,
    }
    html = mark_safe("\n".join(html for html, _ in parts))  # noqa: S308 (cleaned, or by our own templates)
    text = "\n\n".join(text for _, text in parts if text)
    letter.html = inlined(render_to_string("newsletter/letter.html", {**context, "content": html}))
    letter.text = _text({**context, "content": mark_safe(text)})  # noqa: S308 (plain text)
    letter.links = links.urls
    return letter


def _text(context: dict[str, object]) -> str:
    lines = render_to_string("newsletter/letter.txt", context).splitlines()
    text = "\n".join(line if len(line) <= WIDTH else folded(line) for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


@cache
def _inliner() -> CSSInliner:
    # At-rules stay in the head: dark mode and narrow screens cannot be inlined.
    return CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def inlined(html: str) -> str:
    """Return HTML with its styles on its elements: several mail programs drop those of the head."""
    return _inliner().inline(html)


# --- Markdown ------------------------------------------------------------------------------------


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.block.ruler.before(
        "fence", _BLOCK, _find_block, {"alt": ["paragraph", "blockquote", "list"]}
    )
    return reader


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


def _parse(source: str) -> list[Token]:
    return _reader().parse(source.replace("\r\n", "\n")[:MOST_CHARACTERS])


def _runs(tokens: list[Token]) -> Iterator[list[Token]]:
    """Blocks each by itself, and what stands between them."""
    run: list[Token] = []
    for token in tokens:
        if token.type == _BLOCK:
            if run:
                yield run
            yield [token]
            run = []
        else:
            run.append(token)
    if run:
        yield run


def _part(tokens: list[Token], links: Links, letter: Written) -> tuple[str, str]:
    """Return the HTML and the text of a run, noting its problems and the words of its pictures."""
    if tokens[0].type == _BLOCK:
        return _block(tokens[0].content, links, letter)
    for token in tokens:
        for child in token.children or ():
            _settle(child, links, letter)
    reader = _reader()
    raw = reader.renderer.render(tokens, reader.options, {})
    clean = nh3.clean(raw, tags=TAGS, attributes={"a": {"href"}}, link_rel=None)
    return clean, plain(tokens)


def _block(line: str, links: Links, letter: Written) -> tuple[str, str]:
    try:
        piece = blocks.show(line, links)
    except (blocks.BlockError, BadAddress) as problem:
        letter.problems.append(f"::{line} – {problem}")
        return "", ""
    letter.alts += piece.alts
    return piece.html, piece.text


def _settle(child: Token, links: Links, letter: Written) -> None:
    """Put a token where a link leads; pictures come by their own block."""
    if child.type == "image":
        letter.problems.append(
            f"The picture “{child.content}” stands in the text: upload it, then write ::picture."
        )
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
    except BadAddress as problem:
        letter.problems.append(str(problem))
        child.attrSet("href", settings.SITE_URL + "/")
