"""The errors that the double answers with, in the shape of Stripe's own.

Stripe stores an answer under its idempotency key only once the work has begun: a request refused
for its form, its key or a conflict is forgotten (docs.stripe.com/api/idempotent_requests).
`stored` carries that difference.
"""

from typing import Any


class Refusal(Exception):
    """An API error: an HTTP status and the `error` object of the answer."""

    def __init__(
        self, status: int, kind: str, message: str, *, stored: bool = False, **details: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.stored = stored
        known = {name: value for name, value in details.items() if value is not None}
        self.body: dict[str, Any] = {"error": {"type": kind, "message": message, **known}}


def malformed(message: str, *, code: str | None = None, param: str | None = None) -> Refusal:
    """400 for a request that is wrong in itself, whatever state the objects are in."""
    return Refusal(400, "invalid_request_error", message, code=code, param=param)


def unfit(message: str, *, code: str | None = None, **details: Any) -> Refusal:
    """400 for a sound request that the present state of an object forbids; Stripe stores it."""
    return Refusal(400, "invalid_request_error", message, stored=True, code=code, **details)


def unknown_object(kind: str, object_id: str, param: str = "id") -> Refusal:
    message = f"No such {kind}: '{object_id}'"
    return Refusal(404, "invalid_request_error", message, code="resource_missing", param=param)


def card_refused(message: str, *, code: str, **details: Any) -> Refusal:
    """402: the card is declined. Stripe stores it."""
    return Refusal(402, "card_error", message, stored=True, code=code, **details)
