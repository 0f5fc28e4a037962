"""Letters with made-up contents, for staff and tests: each room shows its own kinds.

A room's `letter_samples.py` returns, for each kind, what its renderer would gather, made of rows
that are in no table: looking at a letter reads and writes nothing.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.utils.module_loading import autodiscover_modules

from accounts.mail.letters import Letter, write
from accounts.mail.registry import KINDS

Sample = Callable[[], dict[str, Any]]
_SAMPLES: dict[str, Sample] = {}
_WHOLE: dict[str, Callable[[], Letter]] = {}


def shows(*kinds: str) -> Callable[[Sample], Sample]:
    """Register the function that returns a made-up context of some kinds."""

    def register(function: Sample) -> Sample:
        _SAMPLES.update(dict.fromkeys(kinds, function))
        return function

    return register


def shows_whole(name: str) -> Callable[[Callable[[], Letter]], Callable[[], Letter]]:
    """Register a letter that is not made by the outbox: the newsletter."""

    def register(function: Callable[[], Letter]) -> Callable[[], Letter]:
        _WHOLE[name] = function
        return function

    return register


@cache
def _load() -> None:
    autodiscover_modules("letter_samples")


def names() -> list[str]:
    """Return every letter that has a made-up version: a test says that it is all of them."""
    _load()
    return sorted({*_SAMPLES, *_WHOLE})


def context_of(kind: str) -> dict[str, Any]:
    """Return the made-up context of a kind. Raises KeyError for a kind without a sample."""
    _load()
    return _SAMPLES[kind]()


def sample(name: str) -> Letter:
    """Return a letter with made-up contents. Raises KeyError for one that nobody shows."""
    _load()
    if name in _WHOLE:
        return _WHOLE[name]()
    return write(KINDS[name], context_of(name))
