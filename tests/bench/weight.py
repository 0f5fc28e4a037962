"""Bytes and layout shift of a first view, in a browser."""

import gzip
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Response, sync_playwright

from tests.bench.report import Row
from tests.bench.servers import gunicorn, shop_environment
from tests.browser.chromium import find_chromium

SHIFTS = """
() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
  }).observe({type: "layout-shift", buffered: true});
  requestAnimationFrame(() => setTimeout(() => done(sum), 300));
})
"""


def _compressed(response: Response) -> int:
    """Return the bytes sent; an uncompressed response is counted as compressed by a proxy."""
    sent = response.headers.get("content-encoding")
    if sent:
        return int(response.request.sizes()["responseBodySize"])
    return len(gzip.compress(response.body()))


def measure(database: str, var: Path, category: str) -> list[Row]:
    """Return compressed size, requests to other origins and layout shift of a category page."""
    with (
        gunicorn("microflight.wsgi", shop_environment(database, var)) as shop,
        sync_playwright() as p,
    ):
        browser = p.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        answers: list[Response] = []
        page.on("response", lambda answer: answers.append(answer))
        page.goto(shop + category, wait_until="networkidle")
        shift = float(page.evaluate(SHIFTS))
        kinds = {"document", "stylesheet", "script"}
        weight = sum(_compressed(a) for a in answers if a.request.resource_type in kinds)
        foreign = sum(urlsplit(a.url).netloc != urlsplit(shop).netloc for a in answers)
        browser.close()
    return [
        Row("category page, first view", weight / 1024, 60, "KB"),
        Row("requests to other origins", foreign, 0),
        Row("cumulative layout shift", shift, 0),
    ]
