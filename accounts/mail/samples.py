"""Emails with sample content, for staff and tests: each package adds its own types.

A package's `email_samples.py` returns, for each type, what its renderer would return, built from
unsaved rows: showing a sample reads and writes nothing.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.utils.module_loading import autodiscover_modules

from accounts.mail.registry import EMAIL_TYPES
from accounts.mail.rendering import RenderedEmail, render_email
from policies.opening.calendars import Schedule

Sample = Callable[[], dict[str, Any]]
_CONTEXTS: dict[str, Sample] = {}
_RENDERED: dict[str, Callable[[], RenderedEmail]] = {}


def sample_for(*names: str) -> Callable[[Sample], Sample]:
    """Register the function that returns a sample context for some email types."""

    def register(function: Sample) -> Sample:
        _CONTEXTS.update(dict.fromkeys(names, function))
        return function

    return register


def rendered_sample(
    name: str,
) -> Callable[[Callable[[], RenderedEmail]], Callable[[], RenderedEmail]]:
    """Register a rendered email that the outbox does not send: a newsletter campaign."""

    def register(function: Callable[[], RenderedEmail]) -> Callable[[], RenderedEmail]:
        _RENDERED[name] = function
        return function

    return register


@cache
def _load() -> None:
    autodiscover_modules("email_samples")


def names() -> list[str]:
    """Return the names of all samples: a test checks that every email type has one."""
    _load()
    return sorted({*_CONTEXTS, *_RENDERED})


def context_of(name: str) -> dict[str, Any]:
    """Return the sample context of an email type. Raises KeyError for a type without a sample."""
    _load()
    return _CONTEXTS[name]()


def sample(name: str) -> RenderedEmail:
    """Return a rendered sample. Raises KeyError for an email type without one."""
    _load()
    if name in _RENDERED:
        return _RENDERED[name]()
    return render_email(EMAIL_TYPES[name], context_of(name), Schedule())
