"""Which promises a text makes, in which words, and which tests hold them.

A text marks a promise with `<!-- promise: id -->` before or inside the sentence that makes it; a
test with `@pytest.mark.promise("id")`. The shop does not carry its tests along: what
`manage.py promises` found is kept in promises.json, which pages and the admin read.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from policies.models import PolicyVersion

FOUND = Path(__file__).resolve().parent / "promises.json"
_MARK = re.compile(r"<!--\s*promise:\s*([a-z0-9-]+)\s*-->[ \t]*")
_LIST_SIGN = re.compile(r"\s*(?:[-*>|]|\d+\.)\s+")
_SENTENCE = re.compile(r".+?(?:[.!?]\**(?=\s|$)|$)\s*")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise as a text makes it: its id, its sentence without layout, its line from 1."""

    id: str
    sentence: str
    line: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A promise of a text in force, with the tests that hold it."""

    promise: Promise
    slug: str
    number: int
    tests: tuple[str, ...]


# --- Reading texts -------------------------------------------------------------------------------


def made_in(text: str) -> list[Promise]:
    """Return the promises that a text marks, in their order."""
    return [
        Promise(name, sentence, number)
        for number, line in enumerate(text.split("\n"), start=1)
        for name, sentence in _marked(line)
    ]


def ids_in(text: str) -> tuple[str, ...]:
    """Return the ids that a text marks, each once, in their order."""
    return tuple(dict.fromkeys(promise.id for promise in made_in(text)))


def _marked(line: str) -> list[tuple[str, str]]:
    """The promises of one line, each with the sentence in or before which its mark stands."""
    plain, marks, end = "", [], 0
    for mark in _MARK.finditer(line):
        plain += line[end : mark.start()]
        marks.append((mark[1], len(plain)))
        end = mark.end()
    if not marks:
        return []
    plain += line[end:]
    sign = _LIST_SIGN.match(plain)
    sentences = list(_SENTENCE.finditer(plain, sign.end() if sign else 0))
    return [(name, _sentence_at(place, sentences)) for name, place in marks]


def _sentence_at(place: int, sentences: list[re.Match[str]]) -> str:
    for each in sentences:
        if place < each.end():
            words = _LINK.sub(r"\1", each[0]).replace("**", "")
            return words.strip(" |")
    return ""


# --- What is in force ----------------------------------------------------------------------------


def in_force(tests: Mapping[str, Iterable[str]], versions: Iterable[PolicyVersion]) -> list[Kept]:
    """Return what these versions promise, in their order, with the tests of each promise."""
    return [
        Kept(each, version.policy.slug, version.number or 0, tuple(tests.get(each.id, ())))
        for version in versions
        for each in made_in(version.body)
    ]


def not_offered(current: Iterable[PolicyVersion], earlier: Iterable[PolicyVersion]) -> list[str]:
    """Return what earlier texts promised and no present one does, in the order of those texts."""
    kept = {name for version in current for name in ids_in(version.body)}
    made = dict.fromkeys(name for version in earlier for name in ids_in(version.body))
    return [name for name in made if name not in kept]


# --- What the tests hold -------------------------------------------------------------------------


@lru_cache(maxsize=1)
def tests_found() -> dict[str, tuple[str, ...]]:
    """Return the tests of each promise as `manage.py promises` found them last, read once."""
    if not FOUND.exists():
        return {}
    stored = json.loads(FOUND.read_text(encoding="utf-8"))
    return {name: tuple(tests) for name, tests in stored["promises"].items()}


def untested_in(text: str) -> list[Promise]:
    """Return the promises of a text that no test holds."""
    return [each for each in made_in(text) if not tests_found().get(each.id)]


def number_of_tests(text: str) -> int:
    """Return how many tests hold the promises of a text, each counted once."""
    return len(_tests_of(text, tests_found()))


def _tests_of(text: str, tests: Mapping[str, Iterable[str]]) -> set[str]:
    return {test for name in ids_in(text) for test in tests.get(name, ())}


def written(tests: Mapping[str, Iterable[str]], versions: Iterable[PolicyVersion]) -> str:
    """Return promises.json: the tests of each promise, and how many each policy in force has."""
    content = {
        "policies": {each.policy.slug: len(_tests_of(each.body, tests)) for each in versions},
        "promises": {name: sorted(tests[name]) for name in sorted(tests)},
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
