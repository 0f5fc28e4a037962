"""Finding a Chromium: one on the machine, Playwright's own, or Debian's package when root."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.engines.errors import CannotRun

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def _on_this_machine() -> str | None:
    if given := os.environ.get("CHROMIUM"):
        return given
    for name in _NAMES:
        if path := shutil.which(name):
            return path
    kept = Path.home() / ".cache" / "ms-playwright"
    found = sorted(kept.glob("chromium-*/chrome-linux*/chrome"))
    return str(found[-1]) if found else None


def _quietly(*command: str) -> bool:
    done = subprocess.run(command, capture_output=True, check=False, timeout=600)
    return done.returncode == 0


def find_chromium() -> str:
    """Return the path of a Chromium, installing one where that is possible; else CannotRun."""
    if path := _on_this_machine():
        return path
    _quietly(sys.executable, "-m", "playwright", "install", "chromium")
    if path := _on_this_machine():
        return path
    if os.getuid() == 0 and shutil.which("apt-get"):
        _quietly("apt-get", "update")
        _quietly("apt-get", "install", "-y", "--no-install-recommends", "chromium")
        if path := _on_this_machine():
            return path
    raise CannotRun(
        "no Chromium on this machine, Playwright could not fetch one, and it is not Debian as root"
    )
