"""The answers to the checkout's forms, in the session: for the next step or page load."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from microflight.core.card_numbers import redact_card_numbers

_ANSWERS = "checkout"  # session key
_MAX_LENGTH = 1000  # characters of a stored answer


def stored_answers(request: Any) -> dict[str, str]:
    """Return the answers in the session by field name."""
    return dict(request.session.get(_ANSWERS, {}))


def store_answers(request: Any, answers: Mapping[str, str]) -> None:
    """Add answers to the session, for the next step or page load. Some are not validated yet."""
    short = {name: redact_card_numbers(value)[:_MAX_LENGTH] for name, value in answers.items()}
    request.session[_ANSWERS] = stored_answers(request) | short


def delete_answers(request: Any) -> None:
    request.session.pop(_ANSWERS, None)


def current_answers(request: Any) -> QueryDict:
    """Return this form's answers, and stored answers for fields that it lacks."""
    answers = QueryDict(mutable=True)
    for name, value in stored_answers(request).items():
        answers[name] = value
    for name, values in request.POST.lists():
        answers.setlist(name, values)
    return answers


def picks_up(answers: Any) -> bool:
    """Return whether the shopper chose to pick the order up."""
    return bool(answers.get("pickup"))
