"""`python -m tests.project.conventions`: rules of style that a program can check.

Files of at most 400 lines, functions of at most 30, no imports inside functions without a comment
that says why, and plain vocabulary in everything people read: visible strings, comments,
docstrings, names of functions and documents.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("accounts", "catalog", "checkout", "microflight", "policies")
MAX_FILE, MAX_FUNCTION = 400, 30
#: Words that no native speaker uses in a shop or in code, see docs/glossary.md.
_EVERYWHERE = (
    r"whoever|somebody|nobody|anybody|anew|what it comes to|in vain|brought along|given up|give up"
    r"|goes with|is put|leads to|is told|go on shopping|put right|mend|mended|letters to many"
    r"|never written to|the till|the books|mails|e-mail|parcels? on its way|log-in"
)
#: Texts for shoppers and staff.
BANNED = re.compile(rf"\b({_EVERYWHERE}|articles?|pieces?)\b", re.IGNORECASE)
#: Comments, docstrings, names and documents.
BANNED_IN_CODE = re.compile(rf"\b({_EVERYWHERE})\b", re.IGNORECASE)
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
    yield from _in_code_and_documents()
    for path in sorted((ROOT / "templates").rglob("*.*")):
        if path.suffix in (".html", ".txt"):
            name = path.relative_to(ROOT)
            yield from (f"{name}: says {word!r}" for word in banned_in_template(path.read_text()))


def _in_code_and_documents() -> Iterator[str]:
    for name in (*PACKAGES, "tests"):
        for path in sorted((ROOT / name).rglob("*.py")):
            words = banned_in_code(path.read_text())
            yield from (f"{path.relative_to(ROOT)}: says {word!r}" for word in words)
    for path in sorted(ROOT.rglob("*.md")):
        name = path.relative_to(ROOT)
        if name.parts[0] in (*PACKAGES, "tests", "docs") or len(name.parts) == 1:
            text = re.sub(r"`[^`]*`|<!--.*?-->", "", path.read_text())
            yield from (f"{name}: says {found.lower()!r}" for found in BANNED_IN_CODE.findall(text))


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


def banned_in_code(source: str) -> list[str]:
    """Return the banned words in comments, docstrings and the names of functions and classes."""
    texts = [
        token.string
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    ]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            texts.append(ast.get_docstring(node) or "")
            texts.append(getattr(node, "name", "").replace("_", " "))
    return sorted({found.lower() for found in BANNED_IN_CODE.findall("\n".join(texts))})


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
