"""`make screenshots`: the README's images of the shop and the admin, from a fresh demo."""

import io
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser import steps
from tests.browser.chromium import find_chromium
from tests.engines.postgres import free_port

ROOT = Path(__file__).resolve().parents[2]
EMAIL, PASSWORD = "staff@microflight.example", "fly-staff-3.6g"  # noqa: S105 (the demo's)
FOLDER = ROOT / "docs" / "screenshots"
MAX_BYTES = 60_000
READY_WITHIN = 300  # seconds, on a slow machine


@contextmanager
def demo() -> Iterator[str]:
    """Run the demo on an empty data folder; yield the shop's URL."""
    port = free_port()
    shop = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--port", str(port)],
            env=os.environ | {"DEMO": "1", "VAR_DIR": folder},
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        try:
            _wait_until_ready(process, shop)
            yield shop
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait_until_ready(process: subprocess.Popen[bytes], shop: str) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"{shop}/health/", timeout=5).close()  # noqa: S310
            return
        time.sleep(1)
    sys.exit("The demo did not start.")


def save(page: Page, name: str, folder: Path = FOLDER, max_bytes: int = MAX_BYTES) -> None:
    """Write what the page shows as WebP, with the highest quality that stays under `max_bytes`."""
    page.wait_for_load_state("networkidle")
    image = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    for quality in range(85, 20, -5):
        buffer = io.BytesIO()
        image.save(buffer, "WEBP", quality=quality, method=6)
        if buffer.tell() <= max_bytes:
            break
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.webp").write_bytes(buffer.getvalue())


def main() -> None:
    """Take the screenshots; one order is placed first, so that the admin has something to do."""
    with demo() as shop, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox"]
        )
        size = {"width": 1280, "height": 800}
        page = chromium.new_page(viewport=size)  # type: ignore[arg-type]
        page.goto(shop)
        save(page, "shop")
        steps.pay_as_guest(page, shop, "4242 4242 4242 4242")
        expect(page.get_by_role("heading", name=re.compile("Thank"))).to_be_visible(timeout=30_000)
        page = chromium.new_page(viewport=size)  # type: ignore[arg-type]
        steps.log_in_as_staff(page, shop, EMAIL, PASSWORD)
        page.goto(f"{shop}/admin/")  # without the message about the login
        save(page, "admin")
        chromium.close()


if __name__ == "__main__":
    main()
