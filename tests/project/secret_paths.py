"""URLs with secrets, which no log shows."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import get_resolver

SECRETS = {"token", "code", "key", "secret", "uidb36"}


def secret_paths() -> list[str]:
    """Return an example of each URL with a secret."""
    paths = []
    for pattern in _patterns(get_resolver().url_patterns, "/"):
        names = set(re.findall(r"<(?:\w+:)?(\w+)>", pattern))
        if names & SECRETS and not pattern.startswith(("/newsletter/go/", "/demo/", "/admin/")):
            paths.append(re.sub(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>", _example, pattern))
    return paths


def _patterns(found: Any, prefix: str = "") -> Iterator[str]:
    """Yield every URL pattern, as `/orders/<slug:number>/<str:token>/`."""
    for each in found:
        path = prefix + str(each.pattern).lstrip("^").rstrip("$")
        if hasattr(each, "url_patterns"):
            yield from _patterns(each.url_patterns, path)
        else:
            yield path


def _example(parameter: re.Match[str]) -> str:
    return "SECRET" if (parameter[1] or parameter[2]) in SECRETS else "7"
