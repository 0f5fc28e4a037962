"""The promises that policies make, and the tests that cover them.

A policy marks a promise with `<!-- promise: id -->` before or inside its sentence, a test with
`@pytest.mark.promise("id")`. The shop is deployed without its tests, so `manage.py promises`
stores what it found in promises.json, which pages and the admin read.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from policies.blocks import to_text
from policies.models import PolicyVersion

TESTS_FILE = Path(__file__).resolve().parent / "promises.json"
_MARKER = re.compile(r"<!--\s*promise:\s*([a-z0-9-]+)\s*-->[ \t]*")
_LIST_MARKER = re.compile(r"\s*(?:[-*>|]|\d+\.)\s+")
_SENTENCE = re.compile(r".+?(?:[.!?]\**(?=\s|$)|$)\s*")


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise in a policy: its ID, its sentence as plain text, and its line from 1."""

    id: str
    sentence: str
    line: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """A promise of a version in force and the tests that cover it."""

    promise: Promise
    slug: str
    number: int
    tests: tuple[str, ...]


def promises_in(body: str) -> list[Promise]:
    """Return the promises of a policy in their order."""
    return [
        Promise(name, sentence, number)
        for number, line in enumerate(body.split("\n"), start=1)
        for name, sentence in _promises_in_line(line)
    ]


def ids_in(body: str) -> tuple[str, ...]:
    """Return the IDs of a policy's promises in their order, each once."""
    return tuple(dict.fromkeys(promise.id for promise in promises_in(body)))


def _promises_in_line(line: str) -> list[tuple[str, str]]:
    """Return (ID, sentence) for each marker of a line: the sentence that it precedes or is in."""
    without_markers, markers, end = "", [], 0
    for marker in _MARKER.finditer(line):
        without_markers += line[end : marker.start()]
        markers.append((marker[1], len(without_markers)))
        end = marker.end()
    if not markers:
        return []
    without_markers += line[end:]
    list_marker = _LIST_MARKER.match(without_markers)
    start = list_marker.end() if list_marker else 0
    sentences = list(_SENTENCE.finditer(without_markers, start))
    return [(name, _sentence_at(position, sentences)) for name, position in markers]


def _sentence_at(position: int, sentences: list[re.Match[str]]) -> str:
    for sentence in sentences:
        if position < sentence.end():
            return to_text(sentence[0].strip(" |"))
    return ""


# --- Coverage ------------------------------------------------------------------------------------


def coverage(
    tests: Mapping[str, Iterable[str]], versions: Iterable[PolicyVersion]
) -> list[Coverage]:
    """Return the promises of these versions with the tests of each."""
    return [
        Coverage(each, version.policy.slug, version.number or 0, tuple(tests.get(each.id, ())))
        for version in versions
        for each in promises_in(version.body)
    ]


def dropped(current: Iterable[PolicyVersion], published: Iterable[PolicyVersion]) -> list[str]:
    """Return the IDs that earlier versions promised and no current version does."""
    kept = {name for version in current for name in ids_in(version.body)}
    made = dict.fromkeys(name for version in published for name in ids_in(version.body))
    return [name for name in made if name not in kept]


@lru_cache(maxsize=1)
def known_tests() -> dict[str, tuple[str, ...]]:
    """Return the tests of each promise from promises.json; read once per process."""
    if not TESTS_FILE.exists():
        return {}
    stored = json.loads(TESTS_FILE.read_text(encoding="utf-8"))
    return {name: tuple(tests) for name, tests in stored["promises"].items()}


def untested_in(body: str) -> list[Promise]:
    """Return the promises of a policy that no test covers."""
    return [each for each in promises_in(body) if not known_tests().get(each.id)]


def count_tests(body: str) -> int:
    """Return how many tests cover the promises of a policy, each counted once."""
    return len(_tests_of(body, known_tests()))


def _tests_of(body: str, tests: Mapping[str, Iterable[str]]) -> set[str]:
    return {test for name in ids_in(body) for test in tests.get(name, ())}


def as_json(tests: Mapping[str, Iterable[str]], versions: Iterable[PolicyVersion]) -> str:
    """Return the content of promises.json: the tests per promise, and their number per policy."""
    content = {
        "policies": {each.policy.slug: len(_tests_of(each.body, tests)) for each in versions},
        "promises": {name: sorted(tests[name]) for name in sorted(tests)},
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
