"""The email types: which function returns the context of each. Every package registers its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.mail.models import Message

Renderer = Callable[[Message], dict[str, Any]]


class NoLongerNeeded(Exception):
    """The subject of a message is gone: it fails without another attempt."""


@dataclass(frozen=True, slots=True)
class EmailType:
    """How one type of email is rendered and treated."""

    name: str
    context: Renderer
    keep: bool = True  # store subject and bodies on the row; not where they hold a secret link
    urgent: bool = False  # high priority in the queue
    reply_to: str = ""  # default: the sales address


EMAIL_TYPES: dict[str, EmailType] = {}


def renders(
    name: str, *, keep: bool = True, urgent: bool = False, reply_to: str = ""
) -> Callable[[Renderer], Renderer]:
    """Register the function that returns the template context of an email type.

    Its templates are emails/<name>/body.txt, with the subject, and body.html. It runs in the
    worker, looks up what it needs by the message's `data`, and may raise NoLongerNeeded. A key
    `reply_to` in the context overrides the type's.
    """

    def register(function: Renderer) -> Renderer:
        EMAIL_TYPES[name] = EmailType(name, function, keep, urgent, reply_to)
        return function

    return register
