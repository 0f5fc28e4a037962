"""The `@pytest.mark.promise` markers of the tests, read from their source without running it."""

import ast
from collections.abc import Iterator
from pathlib import Path

_DISABLED = {"skip", "xfail"}  # a test that does not run, or may fail, covers nothing


class UnreadableMarker(Exception):
    """A marker that cannot be read from the source alone. The message names its line."""


def find_tests(folder: Path) -> dict[str, list[str]]:
    """Return the pytest node IDs of the tests that cover each promise, from a folder of tests.

    Markers decorate a test function, or are in `pytestmark` of its module, with string literals.
    Raises UnreadableMarker for any other, so that none is overlooked.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        if "mark.promise" not in source:
            continue
        name = path.relative_to(folder.parent).as_posix()
        for promise, test in _in_module(ast.parse(source), name):
            found.setdefault(promise, []).append(test)
    return found


def _in_module(tree: ast.Module, name: str) -> Iterator[tuple[str, str]]:
    read: set[ast.AST] = set()
    module_markers = [marker for node in tree.body for marker in _pytestmark(node)]
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
            continue
        markers = [*node.decorator_list, *module_markers]
        read.update(markers)
        if any(_marker_name(marker) in _DISABLED for marker in markers):
            continue
        for marker in markers:
            for promise in _promises_of(marker, name):
                yield promise, f"{name}::{node.name}"
    for each in ast.walk(tree):
        if _marker_name(each) == "promise" and isinstance(each, ast.Call) and each not in read:
            raise UnreadableMarker(f"{name}:{each.lineno}: this promise marker is on no test.")


def _pytestmark(node: ast.stmt) -> list[ast.expr]:
    """Return the markers in `pytestmark = ...`, which apply to every test of a module."""
    if not isinstance(node, ast.Assign):
        return []
    if not any(isinstance(each, ast.Name) and each.id == "pytestmark" for each in node.targets):
        return []
    return list(node.value.elts) if isinstance(node.value, ast.List) else [node.value]


def _marker_name(node: ast.AST) -> str:
    """Return the name in `pytest.mark.name` or `pytest.mark.name(...)`, otherwise ""."""
    node = node.func if isinstance(node, ast.Call) else node
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
        return node.attr if node.value.attr == "mark" else ""
    return ""


def _promises_of(marker: ast.expr, name: str) -> list[str]:
    if _marker_name(marker) != "promise":
        return []
    arguments = marker.args if isinstance(marker, ast.Call) else []
    promises = [
        each.value
        for each in arguments
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    if not promises or len(promises) != len(arguments):
        raise UnreadableMarker(f"{name}:{marker.lineno}: name promises with string literals.")
    return promises
