"""What the home page shows of the blocks."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils import timezone

from catalog.home_blocks.models import HomeBlock
from microflight.core.page_cache import expire_at, process_cached
from policies.markdown import render


@dataclass(frozen=True, slots=True)
class Block:
    """A block as its template shows it; `html` is safe."""

    title: str
    html: str
    link: str
    link_text: str

    @classmethod
    def of(cls, row: HomeBlock) -> "Block":
        return cls(row.title, render(row.text).html, row.link, row.link_text)


def shown(request: HttpRequest) -> tuple[Block, ...]:
    """Return the blocks that are shown now; the page expires when that changes. A process reads
    them once a minute."""
    rows = process_cached(request, "home blocks", lambda: list(HomeBlock.objects.not_ended()))
    now = timezone.now()
    for row in rows:
        for moment in (row.starts_at, row.ends_at):
            if moment and moment > now:
                expire_at(request, moment)
    return tuple(Block.of(row) for row in rows if row.is_active(now))
