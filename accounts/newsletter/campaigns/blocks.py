"""Blocks: lines like `::product PLANE-12` in a campaign. Higher packages register their own."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.mail.plain_text import wrap
from accounts.newsletter.campaigns.models import CampaignImage
from policies.models import PolicyVersion

MAX_URL = 500  # characters, as `Link.url` holds
MAX_WIDTH = 558  # pixels of an image, as wide as the email's body is inside


class BlockError(Exception):
    """A block cannot be shown, or a link leads nowhere. The text is for the author."""


def absolute(url: str) -> str:
    """Return a URL that works from an email app. Raises BlockError for one that cannot."""
    url = url.strip()
    if url.startswith("/") and not url.startswith("//"):
        url = urljoin(settings.SITE_URL + "/", url)
    try:
        parts = urlsplit(url)
        is_page = parts.scheme in ("http", "https") and parts.hostname and parts.username is None
    except ValueError:
        is_page = False
    if not is_page or any(ord(char) < 33 for char in url):
        raise BlockError(_("“%s” is not the URL of a page.") % url[:80])
    if len(url) > MAX_URL:
        raise BlockError(_("“%s…” is too long for a URL.") % url[:80])
    return url


class Links:
    """The pages that a campaign links to, numbered from 1; each page once."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    def token(self, url: str) -> str:
        """Return the merge field for a URL. Raises BlockError."""
        url = absolute(url)
        if url not in self.urls:
            self.urls.append(url)
        return f"[[link:{self.urls.index(url) + 1}]]"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A block in both parts of an email."""

    html: str
    text: str
    alts: tuple[str, ...] = ()  # the alternative text of each image in it


#: Takes the arguments after the block's name, and the campaign's links. Raises BlockError.
Render = Callable[[list[str], Links], Rendered]


@dataclass(frozen=True, slots=True)
class Block:
    """One type of block."""

    name: str
    usage: str  # a line to copy
    description: Any
    render: Render


BLOCKS: dict[str, Block] = {}


def register(block: Block) -> None:
    """Offer a block in every campaign."""
    BLOCKS[block.name] = block


def render(line: str, links: Links) -> Rendered:
    """Return a block's HTML and text. Raises BlockError."""
    try:
        name, *words = shlex.split(line)
    except ValueError as error:
        raise BlockError(_("A quotation mark is not closed.")) from error
    block = BLOCKS.get(name)
    if block is None:
        names = {"name": name, "names": ", ".join(sorted(BLOCKS))}
        raise BlockError(_("There is no block “%(name)s”. Blocks: %(names)s.") % names)
    return block.render(words, links)


def arguments(words: list[str], least: int, most: int, usage: str) -> list[str]:
    """Return a block's arguments, missing ones empty. Raises BlockError for a wrong number."""
    if not least <= len(words) <= most:
        raise BlockError(_("Write it like this: %s") % usage)
    return words + [""] * (most - len(words))


def from_templates(name: str, context: dict[str, Any], *, alts: tuple[str, ...] = ()) -> Rendered:
    """Return a block from newsletter/blocks/<name>.html and .txt."""
    html = render_to_string(f"newsletter/blocks/{name}.html", context)
    text = render_to_string(f"newsletter/blocks/{name}.txt", context)
    return Rendered(html.strip(), wrap(text).strip(), alts)


# --- Blocks of this package ----------------------------------------------------------------------

BUTTON = '::button "See all products" /catalogue/'
IMAGE = '::image first-flight "A Butterfly over a table" /catalogue/'
POLICY = "::policy privacy 3"


def _button(words: list[str], links: Links) -> Rendered:
    label, url = arguments(words, 2, 2, BUTTON)
    return from_templates("button", {"label": label, "url": links.token(url)})


def _image(words: list[str], links: Links) -> Rendered:
    key, alt, url = arguments(words, 1, 3, IMAGE)
    image = CampaignImage.objects.filter(key=key).first()
    if image is None:
        raise BlockError(_("There is no image “%s”.") % key)
    alt, width = alt or image.alt, min(image.width, MAX_WIDTH)
    context = {
        "src": absolute(image.file.url),
        "alt": alt,
        "width": width,
        "height": round(image.height * width / max(image.width, 1)),
        "url": links.token(url) if url else "",
    }
    return from_templates("image", context, alts=(alt,))


def _policy(words: list[str], links: Links) -> Rendered:
    slug, text = arguments(words, 2, 2, POLICY)
    number = int(text) if text.isdecimal() and len(text) < 9 else 0
    rows = PolicyVersion.objects.published().select_related("policy").filter(policy__slug=slug)
    version = rows.filter(number=number).first()
    if version is None or version.effective_from is None:
        missing = {"number": text, "slug": slug}
        raise BlockError(_("Version %(number)s of “%(slug)s” is not published.") % missing)
    changes = ""
    if number > 1:
        changes = reverse("policies:changes", args=[slug, number - 1, number])
    context = {
        "version": version,
        "is_in_force": version.effective_from <= timezone.now(),
        "url": links.token(version.get_absolute_url()),
        "changes_url": links.token(changes) if changes else "",
    }
    return from_templates("policy", context)


register(Block("button", BUTTON, gettext_lazy("A button with a link."), _button))
register(Block("image", IMAGE, gettext_lazy("An uploaded image, its text and link."), _image))
register(Block("policy", POLICY, gettext_lazy("What a policy version changed."), _policy))
