"""Idempotency keys: one answer per key, kept and replayed.

Source: docs.stripe.com/api/idempotent_requests

The server claims a key before the work and either keeps the answer or frees the key after it.
A second request while the first is at work gets 409, as at Stripe.
"""

import hashlib

from .errors import Refusal
from .state import Answer, Body, State

LONGEST_KEY = 255  # characters


def fingerprint(path: str, form: str) -> str:
    """What must be the same again for a key to be used again, in any order of parameters."""
    parts = "&".join(sorted(form.split("&")))
    return hashlib.sha256(f"{path}?{parts}".encode()).hexdigest()


def claim(state: State, key: str, mark: str) -> Answer | None:
    """Take a key and return None, or return the answer that was kept under it.

    Raises 400 if the key was used with other parameters, 409 while its first request is at work.
    """
    if len(key) > LONGEST_KEY:
        raise Refusal(400, "idempotency_error", "Idempotency keys have at most 255 characters.")
    known = state.answers.get(key)
    if known is None:
        state.answers[key] = Answer(mark)
        return None
    if known.fingerprint != mark:
        raise Refusal(
            400,
            "idempotency_error",
            "Keys for idempotent requests can only be used with the same parameters they were "
            f"first used with. Try using a key other than '{key}' if you meant to execute a "
            "different request.",
        )
    if known.status is None:
        raise Refusal(
            409,
            "idempotency_error",
            f"Another request with the idempotency key '{key}' is still in progress.",
            code="idempotency_key_in_use",
        )
    return known


def keep(state: State, key: str, status: int, body: Body) -> None:
    answer = state.answers.get(key)
    if answer:
        answer.status, answer.body = status, body


def free(state: State, key: str) -> None:
    """Forget a claim whose request was refused before any work."""
    state.answers.pop(key, None)
