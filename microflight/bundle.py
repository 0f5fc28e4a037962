"""Static files that are made from others without a build step: stylesheets and error pages.

One stylesheet for the shop and one for the admin, joined from many files.

Over HTTP/1.1 thirty small stylesheets cost more round trips than bytes. A new component is a new
file in `static/css/components/` or `static/css/admin/` and is listed nowhere else. The error
pages are for the proxy in front (deploy/nginx.conf), which shows them without the shop.
"""

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage
from django.template.loader import render_to_string

from microflight.core.palette import admin_tokens

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SPACE = re.compile(r"\s*\n\s*")


def sources() -> list[Path]:
    """Return the source files of the shop's stylesheet, in order."""
    folder = settings.BASE_DIR / "static" / "css"
    components = sorted((folder / "components").glob("*.css"))
    first = [folder / f"{name}.css" for name in ("tokens", "base", "layout")]
    return [*first, *components, folder / "print.css"]


def admin_sources() -> list[Path]:
    """Return the source files of the admin's stylesheet: the theme, then its components."""
    folder = settings.BASE_DIR / "static" / "css" / "admin"
    return sorted(folder.glob("*.css"), key=lambda path: (path.stem != "theme", path.stem))


def shop_css() -> str:
    """Return the shop's whole stylesheet without comments and indentation."""
    return _joined(sources())


def admin_css() -> str:
    """Return what the admin adds to Django's stylesheets, the colours first."""
    return admin_tokens() + _joined(admin_sources())


BUNDLES: dict[str, Callable[[], str]] = {
    "css/site.css": shop_css,
    "css/admin.css": admin_css,
    "errors/rejected.html": partial(render_to_string, "errors/rejected.html"),
    "errors/unavailable.html": partial(render_to_string, "errors/unavailable.html"),
}


def _joined(paths: list[Path]) -> str:
    text = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    return _SPACE.sub("\n", _COMMENT.sub("", text)).strip() + "\n"


def write_bundle(name: str) -> Path:
    """Write a made file, atomically, if it has changed; return its path."""
    target = Path(settings.VAR_DIR) / "bundle" / name
    text = BUNDLES[name]()
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=target.parent, delete=False) as fresh:
            fresh.write(text)
        Path(fresh.name).chmod(0o644)
        Path(fresh.name).replace(target)
    return target


class BundleFinder(BaseFinder):
    """Finds the made files for runserver and collectstatic."""

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """Return the path of a current bundle."""
        if path not in BUNDLES:
            return []
        found = str(write_bundle(path))
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Any]]:
        """Yield the bundles for collectstatic."""
        storage = FileSystemStorage(location=Path(settings.VAR_DIR) / "bundle")
        for name in BUNDLES:
            write_bundle(name)
            yield name, storage
