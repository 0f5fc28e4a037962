"""A version on paper: what the page says, with its dates and seal on each sheet."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.text import slugify
from django.utils.timezone import localtime
from django.views.decorators.http import conditional_page
from fpdf import FPDF

from microflight.core.business import FACTS
from policies import history as histories
from policies import languages
from policies.blocks import Block, Word, blocks, plain
from policies.history import History, NotThere
from policies.models import PolicyVersion
from policies.printable import CannotPrint, printable
from policies.states import Stage
from policies.views import not_there

MARGIN, LINE, INDENT = 22, 5.4, 6  # mm
SIZES = {"h2": 14, "h3": 11.5, "h4": 10.5}  # points; running text is 10.5
WATERMARKS = {Stage.SUPERSEDED: "SUPERSEDED", Stage.SCHEDULED: "NOT YET IN FORCE"}
KEPT = 24 * 3600  # seconds


@dataclass(frozen=True, slots=True)
class Paper:
    """What is printed: one version in one language, and where it stays."""

    title: str
    number: int
    standing: str
    body: str
    language: str
    address: str
    sha256: str
    published_at: datetime | None
    watermark: str


@conditional_page
def version(
    request: HttpRequest, slug: str, number: int, language: str | None = None
) -> HttpResponse:
    """Hand out one version or its translation as PDF, drawn once a day at most."""
    history = histories.of(slug)
    if history is None:
        return not_there(request, None, "There is no such policy.")
    try:
        drawn = _kept(history, history.version(number), language)
    except (NotThere, CannotPrint) as why:
        return not_there(request, history, str(why))
    name = f"{slug}-v{number}-{language}.pdf" if language else f"{slug}-v{number}.pdf"
    answer = HttpResponse(drawn, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


def _kept(history: History, version: PolicyVersion, language: str | None) -> bytes:
    after = history.after(version)
    state = f"{history.state(version)}:{after.number if after else 0}"
    named = slugify(history.policy.title)  # the seal does not cover it
    key = f"policies:pdf:{version.sha256}:{language or ''}:{state}:{named}"
    drawn = cache.get(key)
    if drawn is None:
        drawn = draw(paper_of(history, version, language))
        cache.set(key, drawn, KEPT)
    return drawn


def paper_of(history: History, version: PolicyVersion, language: str | None = None) -> Paper:
    """Return a version, or its translation, as it stands at the history's moment: one query.

    Raises NotThere for a language that it does not have.
    """
    if language and version.number not in history.languages.get(language, ()):
        raise NotThere(f"There is no text in {languages.name_of(language)} here.")
    title, standing = history.policy.title, _standing(history, version)
    address, sha256 = version.get_absolute_url(), version.sha256
    if language:
        written = version.translations.get(language=language)
        body, title, sha256 = written.body, written.title, written.sha256
        standing = f"{languages.notes(language, version.number or 0).counts}\n{standing}"
        named = [history.policy.slug, version.number, language]
        address = reverse("policies:version-translation", args=named)
    else:
        body = history.body_of(version)
    return Paper(
        title=title,
        number=version.number or 0,
        standing=standing,
        body=body,
        language=language or "en-CA",
        address=settings.SITE_URL + address,
        sha256=sha256,
        published_at=version.published_at,
        watermark=WATERMARKS.get(history.state(version), ""),
    )


def draw(paper: Paper) -> bytes:
    """Return the PDF. Raises CannotPrint where the font lacks a letter of it."""
    sheet = Sheet(paper)
    sheet.add_page()
    sheet.put_title(paper.title, paper.standing)
    for table, group in groupby(blocks(paper.body), key=_table):
        if table is None:
            for block in group:
                sheet.put(block)
        else:
            sheet.put_table(list(group))
    return bytes(sheet.output())


def _standing(history: History, version: PolicyVersion) -> str:
    """What the sheet says below the title."""
    state, after = history.state(version), history.after(version)
    start = f"Version {version.number}. In force from {_day(version.effective_from)}"
    if state == Stage.SUPERSEDED and after:
        return f"{start} to {_day(after.effective_from)}; superseded by version {after.number}."
    return f"{start}; not yet in force." if state == Stage.SCHEDULED else f"{start}."


def _day(moment: datetime | None) -> str:
    assert moment is not None  # noqa: S101 (kept by the database)
    day = localtime(moment)
    return f"{day:%B} {day.day}, {day.year}"


def _table(block: Block) -> int | None:
    return next((number for tag, number in block.inside if tag == "table"), None)


class Sheet(FPDF):
    """Letter paper in the fonts that every reader of PDF has."""

    def __init__(self, paper: Paper) -> None:
        super().__init__(format="letter")
        self.core_fonts_encoding = "cp1252"
        self.paper = paper
        self.items: dict[int, int] = {}  # lists -> items so far
        self.item: int | None = None
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(True, margin=MARGIN + 10)
        self.set_lang(paper.language)
        self.set_title(f"{paper.title}, version {paper.number}")
        self.set_author(FACTS.company)
        if paper.published_at:
            self.set_creation_date(paper.published_at)

    def header(self) -> None:
        """Lay the watermark below the words of every page."""
        if not self.paper.watermark:
            return
        self.set_font("helvetica", "B", 64 if len(self.paper.watermark) < 12 else 48)
        self.set_text_color(228)
        middle, across = self.w / 2, self.get_string_width(self.paper.watermark)
        with self.rotation(52, middle, self.h / 2):
            self.text(middle - across / 2, self.h / 2, self.paper.watermark)
        self.set_text_color(0)

    def footer(self) -> None:
        """Say on every page whose text it is, which one, and where it stays."""
        self.set_left_margin(MARGIN)
        self.set_y(-MARGIN)
        self.set_font("helvetica", size=7.5)
        self.set_text_color(70)
        lines = (
            f"{FACTS.address_line} · Page {self.page_no()}",
            f"{self.paper.address} · SHA-256 {self.paper.sha256}",
        )
        for line in lines:
            self.cell(0, 3.8, printable(line), new_x="LMARGIN", new_y="NEXT")
        self.set_text_color(0)

    def put_title(self, title: str, standing: str) -> None:
        """Write the heading of the first page."""
        self.set_font("helvetica", "B", 20)
        self.multi_cell(0, 9, printable(title), new_x="LMARGIN", new_y="NEXT")
        self.set_font("helvetica", size=10.5)
        self.multi_cell(0, 6, printable(standing), new_x="LMARGIN", new_y="NEXT")
        self.ln(LINE)

    def put(self, block: Block) -> None:
        """Write a heading, a paragraph or an item of a list."""
        deep = sum(tag in ("li", "blockquote") for tag, _ in block.inside)
        size = SIZES.get(block.tag, 10.5)
        if block.tag in SIZES:
            self.ln(LINE / 2)
            if self.will_page_break(4 * LINE):  # a heading never ends a page
                self.add_page()
            self.start_section(printable(block.text), level=0 if block.tag == "h2" else 1)
        self.set_left_margin(MARGIN + INDENT * deep)
        self.set_x(self.l_margin)
        self._put_bullet(block)
        self._put_words(block.words, size, "B" if block.tag in SIZES else "")
        self.ln(LINE if block.inside and not block.tag else LINE * 1.5)
        self.set_left_margin(MARGIN)

    def put_table(self, cells: list[Block]) -> None:
        """Write a table, its first row again on each page."""
        self.set_font("helvetica", size=9)
        with self.table(line_height=4.6, text_align="LEFT", padding=1) as table:
            for _, row in groupby(cells, key=lambda cell: cell.inside[-1]):
                table.row([printable(cell.text) for cell in row])
        self.ln(LINE)

    def _put_bullet(self, block: Block) -> None:
        """The dot or number before the first paragraph of an item."""
        around = [place for place in block.inside if place[0] in ("ul", "ol", "li")]
        if not around or around[-1][0] != "li" or around[-1][1] == self.item:
            return
        self.item = around[-1][1]
        kind, number = around[-2]
        self.items[number] = self.items.get(number, 0) + 1
        self.set_font("helvetica", size=10.5)
        self.set_x(self.l_margin - INDENT + 1)
        mark = f"{self.items[number]}." if kind == "ol" else "•"
        self.cell(INDENT - 1, LINE, printable(mark))
        self.set_x(self.l_margin)

    def _put_words(self, words: Iterable[Word], size: float, style: str) -> None:
        for place, (marks, group) in enumerate(groupby(words, key=itemgetter(1))):
            text = printable(plain(group))
            styles = style + ("B" if "strong" in marks else "") + ("I" if "em" in marks else "")
            link = next((mark[2:] for mark in marks if mark.startswith("a ")), "")
            self.set_font("helvetica", "".join(sorted(set(styles))), size)
            absolute = settings.SITE_URL + link if link.startswith("/") else link
            self.write(LINE, text if place else text.lstrip(), absolute)
