"""Which tests say that they hold which promise: read from their source, without running them."""

import ast
from collections.abc import Iterator
from pathlib import Path

_OFF = {"skip", "xfail"}  # a test that does not run, or may fail, holds nothing


class UnreadableMark(Exception):
    """A mark that cannot be read from the source alone; the text says where it stands."""


def tests_by_promise(folder: Path) -> dict[str, list[str]]:
    """Return the tests of each promise, as pytest names them, from every test file of a folder.

    Marks stand above a test, or in `pytestmark` of its file, with plain strings. Raises
    UnreadableMark for any other, so that none is overlooked.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        if "mark.promise" not in source:
            continue
        name = path.relative_to(folder.parent).as_posix()
        for promise, test in _in_file(ast.parse(source), name):
            found.setdefault(promise, []).append(test)
    return found


def _in_file(tree: ast.Module, name: str) -> Iterator[tuple[str, str]]:
    read: set[ast.AST] = set()
    of_all = [mark for node in tree.body for mark in _module_marks(node)]
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
            continue
        marks = [*node.decorator_list, *of_all]
        read.update(marks)
        if any(_mark_name(mark) in _OFF for mark in marks):
            continue
        for mark in marks:
            for promise in _promises_of(mark, name):
                yield promise, f"{name}::{node.name}"
    for each in ast.walk(tree):
        if _mark_name(each) == "promise" and isinstance(each, ast.Call) and each not in read:
            raise UnreadableMark(f"{name}:{each.lineno}: this mark of a promise is above no test.")


def _module_marks(node: ast.stmt) -> list[ast.expr]:
    """The marks that `pytestmark = ...` gives to every test of a file."""
    if not isinstance(node, ast.Assign):
        return []
    if not any(isinstance(each, ast.Name) and each.id == "pytestmark" for each in node.targets):
        return []
    return list(node.value.elts) if isinstance(node.value, ast.List) else [node.value]


def _mark_name(node: ast.AST) -> str:
    """The name of `pytest.mark.name` or `pytest.mark.name(...)`; nothing for anything else."""
    node = node.func if isinstance(node, ast.Call) else node
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
        return node.attr if node.value.attr == "mark" else ""
    return ""


def _promises_of(mark: ast.expr, name: str) -> list[str]:
    if _mark_name(mark) != "promise":
        return []
    names = mark.args if isinstance(mark, ast.Call) else []
    found = [each.value for each in names if isinstance(each, ast.Constant)]
    if not found or len(found) != len(names) or not all(isinstance(each, str) for each in found):
        raise UnreadableMark(f"{name}:{mark.lineno}: a promise is named by plain strings.")
    return [str(each) for each in found]
