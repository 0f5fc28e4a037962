"""Finds visible strings that are not marked for translation, in templates and in Python."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

_MARKED = re.compile(
    r"\{%\s*blocktrans(?:late)?\b.*?\{%\s*endblocktrans(?:late)?\s*%\}"
    r"|\{%\s*comment\b.*?\{%\s*endcomment\s*%\}"
    r"|\{%\s*block (?:bodyclass|coltype)\s*%\}.*?\{%\s*endblock\s*%\}",
    re.DOTALL,
)
_TAG = re.compile(r"\[\[\w+\]\]|\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
_INCLUDE = re.compile(r"\{%\s*include .*?%\}", re.DOTALL)
_PASSED = re.compile(r"""\w+=["']([A-Z][^"']+)["']""")
_ATTRIBUTES = {"alt", "aria-label", "placeholder", "title", "content"}
_WORD = re.compile(r"[^\W\d_]{2,}")
#: Names and units that read the same in every language.
_SAME_EVERYWHERE = re.compile(
    r"\b(MicroFlight|Plantraco Ltd|Stripe|CAD|USD|SKU|PDF|CSV|RSS|Atom|JSON|SHA|UTC|UTF|utf"
    r"|mm|mAh|kg)\b"
)
_TECHNICAL = re.compile(
    r"^(width=|summary|website|noindex|order-page$|text/html|light dark|#|https?:)"
)


class _VisibleText(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str]] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style", "code", "svg")
        for name, value in attrs:
            is_button = tag == "input" and name == "value" and dict(attrs).get("type") == "submit"
            if name in _ATTRIBUTES or is_button:
                self._add(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style", "code", "svg")

    def handle_data(self, data: str) -> None:
        if self._hidden <= 0:
            self._add(data)

    def _add(self, text: str) -> None:
        text = " ".join(text.split())
        if not _TECHNICAL.match(text) and _WORD.search(_SAME_EVERYWHERE.sub("", text)):
            self.found.append((self.getpos()[0], text))


def _blank(match: re.Match[str]) -> str:
    """Keep the line breaks, so that line numbers stay right."""
    return "\n" * match[0].count("\n")


def unmarked_in_template(path: Path) -> list[tuple[int, str]]:
    """Return (line, text) of each visible string of a template that no gettext tag encloses.

    Text passed to another template, `{% include ... with button="Save" %}`, is visible, too.
    """
    source = _MARKED.sub(_blank, path.read_text())
    passed = [
        (source.count("\n", 0, tag.start()) + 1, text)
        for tag in _INCLUDE.finditer(source)
        for text in _PASSED.findall(tag[0])
    ]
    return passed + _unmarked_outside_tags(path, _TAG.sub(_blank, source))


def _unmarked_outside_tags(path: Path, source: str) -> list[tuple[int, str]]:
    if path.suffix == ".txt":
        lines = enumerate(source.splitlines(), 1)
        return [
            (n, line.strip()) for n, line in lines if _WORD.search(_SAME_EVERYWHERE.sub("", line))
        ]
    parser = _VisibleText()
    parser.feed(source)
    return parser.found


_KEYWORDS = {
    "verbose_name",
    "verbose_name_plural",
    "help_text",
    "label",
    "empty_label",
    "description",
}
_KEYWORDS |= {"error_messages", "short_description", "empty_value_display"}
_CLASS_NAMES = {
    "verbose_name",
    "verbose_name_plural",
    "site_header",
    "site_title",
    "index_title",
    "title",
}
_MESSAGES = {
    "success",
    "error",
    "warning",
    "info",
    "message_user",
    "add_message",
    "ValidationError",
}


def unmarked_in_python(path: Path) -> list[tuple[int, str]]:
    """Return (line, text) of plain strings where labels, help texts and messages are given."""
    tree = ast.parse(path.read_text())
    return sorted((node.lineno, text) for node in _visible(tree) for text in _plain_text(node))


_COUNTED = (
    "characters|codes|days|emails|hours|items|lines|minutes|months|orders|people|photos|problems"
    "|products|rows|seconds|shipments|subscribers|units|uses|versions|weeks|are|were|have"
)
_NAMES = r"(?!(?:number|product)\b)"  # of an order: not counts
#: A number with a plural noun, or with a verb that agrees with it.
_COUNT_IN_PYTHON = re.compile(rf"%\({_NAMES}\w+\)[ds](?: [a-z]+){{0,2}}? (?:{_COUNTED})\b")
_COUNT_IN_TEMPLATE = re.compile(
    rf"\{{%\s*blocktrans(?:late)?(?![^%]*\bcount\b)[^%]*%\}}"
    rf"(?:(?!\{{%).)*?(\{{\{{ {_NAMES}\w+ \}}\}}(?: [a-z]+){{0,2}}? (?:{_COUNTED})\b)",
    re.DOTALL,
)
_SINGULAR_ONLY = {"_", "gettext", "gettext_lazy"}


def counts_without_plural(path: Path) -> list[tuple[int, str]]:
    """Return (line, text) of each count that is translated without ngettext or `count`.

    It finds common nouns only. "Units: 3" needs no plural.
    """
    source = path.read_text()
    if path.suffix != ".py":
        return [
            (source.count("\n", 0, found.start(1)) + 1, found[1])
            for found in _COUNT_IN_TEMPLATE.finditer(source)
        ]
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [
        (call.lineno, found[0])
        for call in calls
        if getattr(call.func, "id", "") in _SINGULAR_ONLY
        for text in _plain_text(call.args[0])
        for found in _COUNT_IN_PYTHON.finditer(text)
    ]


def _visible(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from (word.value for word in node.keywords if word.arg in _KEYWORDS)
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in _MESSAGES and ast.unparse(node.func) != f"logger.{name}":
                yield from node.args
        elif isinstance(node, ast.ClassDef):
            yield from _class_strings(node)


def _class_strings(node: ast.ClassDef) -> Iterator[ast.expr]:
    is_choices = any("Choices" in ast.unparse(base) for base in node.bases)
    for line in node.body:
        if not isinstance(line, ast.Assign):
            continue
        name = getattr(line.targets[0], "id", "")
        if is_choices and isinstance(line.value, ast.Tuple):
            yield line.value.elts[-1]
        elif name in _CLASS_NAMES:
            yield line.value


def _plain_text(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if _WORD.search(node.value):
            yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield from (text for part in node.values for text in _plain_text(part))
    elif isinstance(node, ast.Dict):
        yield from (text for value in node.values for text in _plain_text(value))


#: Shown with DEBUG or DEMO only, to developers.
DEVELOPER_PAGES = ("microflight/styleguide.py", "templates/pages/styleguide.html")
PACKAGES = ("accounts", "catalog", "checkout", "microflight", "policies")


def sources(root: Path) -> list[str]:
    """Return the templates and modules of the shop, relative to its root."""
    templates = [p for p in (root / "templates").rglob("*") if p.suffix in (".html", ".txt")]
    modules = [p for name in PACKAGES for p in (root / name).rglob("*.py")]
    paths = [
        str(p.relative_to(root)) for p in (*templates, *modules) if p.parent.name != "migrations"
    ]
    return sorted(set(paths) - set(DEVELOPER_PAGES))


def unmarked(path: Path) -> list[tuple[int, str]]:
    """Return (line, text) of each visible string of a file that is not marked."""
    return (unmarked_in_python if path.suffix == ".py" else unmarked_in_template)(path)
