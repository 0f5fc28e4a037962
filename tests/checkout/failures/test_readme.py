"""The README names tests that exist."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent


def named() -> Iterator[tuple[str, str]]:
    """Yield each file of the README's table, with each part of a test's name in it."""
    for row in re.findall(r"^\| (?!case |---)(.+) \|$", (HERE / "README.md").read_text(), re.M):
        tests = re.sub(r"\([^)]*\)", "", row.partition(" | ")[2])  # without remarks
        assert "`test_" in tests, row
        for file, words in re.findall(r"`(\w+\.py)`([^`]*)", tests):
            yield file, ""
            for part in re.split(r"[:;,\u2026]", words):
                yield file, "_".join(part.replace("-", " ").lower().split())


def test_every_test_in_the_readme_exists() -> None:
    # Mutation: after renaming a test and a file, each was listed as missing
    pairs = list(named())
    names = {
        file: [node.name for node in ast.parse((HERE / file).read_text()).body
               if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
        for file, _ in pairs if (HERE / file).exists()
    }  # fmt: skip
    missing = [
        (file, part) for file, part in pairs if not any(part in n for n in names.get(file, []))
    ]
    assert missing == []
    assert len(pairs) > 80
