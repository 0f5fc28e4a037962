"""`python -m tests.project.conventions`: rules of style that a program can check.

Files of at most 400 lines, functions of at most 30, no imports inside functions without a comment
that says why, and plain vocabulary in everything people read.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("accounts", "catalog", "checkout", "microflight", "policies")
MAX_FILE, MAX_FUNCTION = 400, 30
#: Words that no native speaker uses in a shop, see docs/glossary.md.
BANNED = re.compile(
    r"\b(whoever|somebody|nobody|anew|what it comes to|in vain|brought along|given up|give up"
    r"|goes with|go on shopping|put right|mend|mended|letters to many|never written to|the till"
    r"|mails|e-mail|articles?|pieces?|parcels? on its way|log-in|anybody)\b",
    re.IGNORECASE,
)
_TAGS = re.compile(r"\{%(?!\s*(?:block)?trans).*?%\}|\{\{.*?\}\}|\{#.*?#\}|<[^>]*>", re.DOTALL)
_GETTEXT = {
    "_",
    "gettext",
    "gettext_lazy",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
}


def problems() -> Iterator[str]:
    """Return each broken rule as `file: what`, without line numbers, which move."""
    for name in PACKAGES:
        for path in sorted((ROOT / name).rglob("*.py")):
            if path.parent.name != "migrations":
                yield from (
                    f"{path.relative_to(ROOT)}: {text}" for text in of_module(path.read_text())
                )
    for path in sorted((ROOT / "templates").rglob("*.*")):
        if path.suffix in (".html", ".txt"):
            name = path.relative_to(ROOT)
            yield from (f"{name}: says {word!r}" for word in banned_in_template(path.read_text()))


def of_module(source: str) -> Iterator[str]:
    """Return what is wrong with one Python module."""
    lines = source.splitlines()
    if len(lines) > MAX_FILE:
        yield f"more than {MAX_FILE} lines"
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _of_function(node, lines)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in _GETTEXT:
            yield from (f"says {word!r}" for word in _banned_in(node))


def _of_function(node: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> Iterator[str]:
    if (node.end_lineno or node.lineno) - node.lineno + 1 > MAX_FUNCTION:
        yield f"{node.name}() has more than {MAX_FUNCTION} lines"
    for line in node.body:
        if isinstance(line, ast.Import | ast.ImportFrom):
            around = lines[line.lineno - 2 : line.end_lineno]
            if not any("#" in text for text in around):
                yield f"{node.name}() imports without saying why"


def _banned_in(call: ast.Call) -> Iterator[str]:
    for node in call.args:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (found.lower() for found in BANNED.findall(node.value))


def banned_in_template(source: str) -> list[str]:
    """Return the banned words among what a template shows."""
    return sorted({found.lower() for found in BANNED.findall(_TAGS.sub(" ", source))})


def main() -> int:
    """Print each problem; return 1 if there is any."""
    found = sorted(set(problems()))
    for line in found:
        print(line)  # noqa: T201
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
