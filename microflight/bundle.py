"""One stylesheet from many files, without a build step.

Over HTTP/1.1 thirty small stylesheets cost more round trips than bytes, so they are joined to
`css/site.css`: tokens, base, layout, all components in alphabetical order, print. A new component
is a new file in `static/css/components/` and is listed nowhere else.
"""

import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

BUNDLE = "css/site.css"
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SPACE = re.compile(r"\s*\n\s*")


def sources() -> list[Path]:
    """Return the source files, in order."""
    folder = settings.BASE_DIR / "static" / "css"
    components = sorted((folder / "components").glob("*.css"))
    first = [folder / f"{name}.css" for name in ("tokens", "base", "layout")]
    return [*first, *components, folder / "print.css"]


def joined() -> str:
    """Return the whole stylesheet without comments and indentation."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources())
    return _SPACE.sub("\n", _COMMENT.sub("", text)).strip() + "\n"


def write_bundle() -> Path:
    """Write the stylesheet, atomically, if it has changed; return its path."""
    target = Path(settings.VAR_DIR) / "bundle" / BUNDLE
    text = joined()
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=target.parent, delete=False) as fresh:
            fresh.write(text)
        Path(fresh.name).chmod(0o644)
        Path(fresh.name).replace(target)
    return target


class BundleFinder(BaseFinder):
    """Finds the joined stylesheet for runserver and collectstatic."""

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """Return the path of the current bundle."""
        if path != BUNDLE:
            return []
        found = str(write_bundle())
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Any]]:
        """Yield the bundle for collectstatic."""
        write_bundle()
        yield BUNDLE, FileSystemStorage(location=Path(settings.VAR_DIR) / "bundle")
