"""Which function gathers what a kind of message shows. Each room registers its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.mail.models import Message

Renderer = Callable[[Message], dict[str, Any]]


class NoLongerNeeded(Exception):
    """What a message is about has gone: it is given up without another try."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of message is made and treated."""

    name: str
    gather: Renderer
    keep: bool = True  # store subject and bodies on the row; not where they hold a secret link
    urgent: bool = False  # overtakes the rest in the queue
    reply_to: str = ""  # default: the sales address


KINDS: dict[str, Kind] = {}


def renders(
    kind: str, *, keep: bool = True, urgent: bool = False, reply_to: str = ""
) -> Callable[[Renderer], Renderer]:
    """Register the function that returns the template context of a kind.

    Its templates are emails/<kind>/subject.txt, body.txt and body.html. It runs in the worker,
    finds what it needs by the message's `data`, and may raise NoLongerNeeded. A key `reply_to` in
    the context overrides the kind's.
    """

    def register(function: Renderer) -> Renderer:
        KINDS[kind] = Kind(kind, function, keep, urgent, reply_to)
        return function

    return register
