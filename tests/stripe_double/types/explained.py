"""The differences that are meant, from differences.toml, and those that are not."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

LISTED = Path(__file__).with_name("differences.toml")


def explained() -> dict[str, str]:
    """The reason for each line, or pattern of lines, that differences.toml lists."""
    groups = tomllib.loads(LISTED.read_text(encoding="utf-8"))["difference"]
    return {line: group["reason"] for group in groups for line in group["lines"]}


def unexplained(found: Iterable[str], listed: Iterable[str]) -> list[str]:
    """Each difference that nothing lists, and each listed line that no longer applies."""
    found, patterns = list(found), {line: _pattern(line) for line in listed}
    new = [line for line in found if not any(each.fullmatch(line) for each in patterns.values())]
    gone = [line for line, each in patterns.items() if not any(map(each.fullmatch, found))]
    return new + [f"differences.toml: no longer applies: {line}" for line in gone]


def _pattern(line: str) -> re.Pattern[str]:
    """`*` is one name of a path, without a dot, bracket or space; `"*"` is any value."""
    pattern = re.escape(line).replace(r'"\*"', '"[^"]*"').replace(r"\*", r"[\w/-]*")
    return re.compile(pattern)
