"""Manuals of the demo: Markdown files, from which pages and PDF are made.

`data/manuals/SLUG.NUMBER.md` is a revision: lines of `name: value`, an empty line, the text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from catalog.manuals import services
from catalog.manuals.models import Language, Manual, ManualRevision
from catalog.models import Product
from catalog.seed.tables import DATA


@dataclass(frozen=True, slots=True)
class Source:
    """A file of the demo's manuals."""

    slug: str
    head: dict[str, str]
    body: str


def sources() -> Iterator[Source]:
    """Yield all files, older revisions first."""
    for path in sorted((DATA / "manuals").glob("*.md"), key=_place):
        head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
        values = dict(line.split(": ", 1) for line in head.splitlines())
        yield Source(_place(path)[0], values, body)


def load() -> None:
    """Create and publish missing manuals, so that changes by staff remain."""
    known = set(Manual.objects.values_list("slug", flat=True))
    for source in sources():
        if source.slug not in known:
            services.publish(_draft(source))


def _place(path: Path) -> tuple[str, int]:
    slug, number = path.stem.rsplit(".", 1)
    return slug, int(number)


def _draft(source: Source) -> ManualRevision:
    language = source.head.get("language", Language.ENGLISH)
    manual, _ = Manual.objects.get_or_create(
        slug=source.slug, defaults={"title": source.head["title"], "language": language}
    )
    manual.products.set(Product.objects.filter(upc__in=source.head["products"].split()))
    return ManualRevision.objects.create(
        manual=manual,
        summary=source.head.get("summary", ""),
        is_safety="safety" in source.head,
        body=source.body,
    )
