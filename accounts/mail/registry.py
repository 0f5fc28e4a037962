"""Which function gathers what a kind of message shows. Each room registers its own."""

from collections.abc import Callable
from typing import Any

from accounts.mail.models import Message

Renderer = Callable[[Message], dict[str, Any]]
RENDERERS: dict[str, Renderer] = {}


def renders(kind: str) -> Callable[[Renderer], Renderer]:
    """Register the function that returns the template context of a kind.

    Its templates are emails/<kind>/subject.txt, body.txt and body.html. It runs in the worker.
    """

    def register(function: Renderer) -> Renderer:
        RENDERERS[kind] = function
        return function

    return register
