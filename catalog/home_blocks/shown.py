"""What the home page shows of the blocks."""

from dataclasses import dataclass

from django.http import HttpRequest

from catalog.home_blocks.models import HomeBlock
from microflight.core.page_cache import process_cached
from microflight.core.scheduled import active
from policies.markdown import render


@dataclass(frozen=True, slots=True)
class Block:
    """A block as its template shows it; `html` is safe."""

    title: str
    html: str
    link: str
    link_text: str


def shown(request: HttpRequest) -> tuple[Block, ...]:
    """Return the blocks that are shown now. A process reads them once a minute."""
    rows = process_cached(request, "home blocks", lambda: list(HomeBlock.objects.not_ended()))
    return tuple(
        Block(row.title, render(row.text).html, row.link, row.link_text)
        for row in active(request, rows)
    )
