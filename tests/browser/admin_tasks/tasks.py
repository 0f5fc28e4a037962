"""The table of docs/admin-tasks.md, and a counter of the clicks and page loads of a task."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Page

from tests.browser.screenshots import save

ROOT = Path(__file__).resolve().parents[3]
TABLE = ROOT / "docs" / "admin-tasks.md"
IMAGES = ROOT / "docs" / "staff" / "images"
MAX_IMAGE_BYTES = 40_000
NOT_MEASURED = "–"

#: Runs in every page. A press of the mouse is one click, and so is a key that presses a button, a
#: choice from a list and a chosen file; the events that follow from them are not counted.
_SCRIPT = """
addEventListener("pointerdown", (event) => {
  if (!event.target.closest?.("select, input[type=file]")) countClick();
}, true);
addEventListener("change", (event) => {
  if (event.target.matches?.("select, input[type=file]")) countClick();
}, true);
addEventListener("keydown", (event) => {
  const isTyping = event.target.matches?.("textarea, [contenteditable]");
  if (event.key === "Enter" && !isTyping) countClick();
  const isButton = event.target.matches?.("button, summary, [type=checkbox], [type=radio]");
  if (event.key === " " && isButton) countClick();
}, true);
"""


@dataclass(frozen=True)
class Row:
    """A row of the table: target and measured are "clicks / page loads"."""

    task: str
    before: str
    shopify: str
    target: str
    measured: str

    @property
    def is_within_target(self) -> bool:
        """Whether both numbers are at most the target's; true if nothing is measured yet."""
        if self.measured == NOT_MEASURED:
            return True
        pairs = zip(_numbers(self.measured), _numbers(self.target), strict=True)
        return all(value <= limit for value, limit in pairs)


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def rows() -> dict[str, Row]:
    """Return the rows of the table by task."""
    lines = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line[:2] == "| "]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    return {each[0]: Row(*each) for each in cells}


class Counter:
    """Clicks and page loads in a browser, in all of its tabs."""

    def __init__(self, context: BrowserContext) -> None:
        self.clicks = self.loads = 0
        context.expose_function("countClick", self._click)
        context.add_init_script(_SCRIPT)
        context.on("page", self._watch)
        for page in context.pages:
            self._watch(page)

    def _watch(self, page: Page) -> None:
        page.on("domcontentloaded", self._load)

    def _click(self) -> None:
        self.clicks += 1

    def _load(self, page: Page) -> None:
        self.loads += 1

    def start(self) -> None:
        """Count from here."""
        self.clicks = self.loads = 0

    def check(self, task: str) -> None:
        """Compare with the table, or write it with UPDATE_ADMIN_TASKS=1."""
        measured = f"{self.clicks} / {self.loads}"
        if os.environ.get("UPDATE_ADMIN_TASKS"):
            _write(task, measured)
        row = rows()[task]
        assert row.measured == measured, f"{task}: docs/admin-tasks.md says {row.measured}"
        assert row.is_within_target, f"{task}: {measured}, target {row.target}"


def _write(task: str, measured: str) -> None:
    lines = TABLE.read_text(encoding="utf-8").splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.startswith(f"| {task} |"):
            lines[number] = f"{line.rstrip().rstrip('|').rpartition('|')[0]}| {measured} |\n"
    TABLE.write_text("".join(lines), encoding="utf-8")


def open_form(page: Page, words: str, url: str) -> None:
    """Open the form that adds a record with the search box of every page: one click."""
    page.keyboard.press("Control+k")
    page.keyboard.type(words)
    page.locator(f"#search-suggestions [data-url='{url}']").click()


def handbook_image(page: Page, name: str) -> None:
    """Keep what the page shows for the staff handbook, with STAFF_IMAGES=1."""
    if os.environ.get("STAFF_IMAGES"):
        save(page, name, folder=IMAGES, max_bytes=MAX_IMAGE_BYTES)
    assert (IMAGES / f"{name}.webp").exists(), f"run with STAFF_IMAGES=1 for {name}.webp"
