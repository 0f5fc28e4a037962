"""Everything the double remembers, behind one lock."""

import json
import secrets
import string
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .errors import unknown_object

Body = dict[str, Any]  # an object as Stripe's JSON shows it

_ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    return f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(length))


def now() -> int:
    """Seconds since 1970, as Stripe dates its objects."""
    return int(time.time())


# Stripe says only that the limit varies, not what it is: this number is the double's own.
MOST_CONFIRMATIONS = 10

NO_CAUSE: Body = {"id": None, "idempotency_key": None}  # of events that no request caused


@dataclass
class Answer:
    """What a request with an idempotency key got; no status while it is still at work."""

    fingerprint: str
    status: int | None = None
    body: Body = field(default_factory=dict)


@dataclass
class Delivery:
    """One attempt to bring one event to one endpoint, still to be made."""

    event_id: str
    endpoint_id: str
    due: float  # time.monotonic(), seconds
    attempt: int = 1
    urgent: bool = False  # sent again by hand: neither held back nor dropped


@dataclass
class State:
    """The objects by id in order of creation, and what belongs to them but is never shown.

    `lock` guards all of it; `changed` is its condition, told whenever deliveries move.
    """

    objects: dict[str, Body] = field(default_factory=dict)
    card_numbers: dict[str, str] = field(default_factory=dict)  # payment method -> number
    expectations: dict[str, Body] = field(default_factory=dict)  # token -> what the page said
    token_cards: dict[str, str] = field(default_factory=dict)  # token -> payment method
    releases: dict[str, int] = field(default_factory=dict)  # charge -> cents booked as a refund
    confirmations: dict[str, int] = field(default_factory=dict)  # intent -> how often
    answers: dict[str, Answer] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    delivery_log: list[Body] = field(default_factory=list)
    requests: deque[Body] = field(default_factory=lambda: deque(maxlen=1000))  # POSTs, their log
    cause: Body = field(default_factory=lambda: dict(NO_CAUSE))  # the request at work
    held: bool = False
    drop_next: int = 0
    slow_next: int = 0  # payments that the bank will take its time over
    most_confirmations: int = MOST_CONFIRMATIONS  # of one intent
    before_basil: bool = False  # captures and cancellations as before API 2025-03-31.basil
    delay: float = 0.0  # seconds before a first delivery
    in_flight: int = 0

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)

    def add(self, obj: Body) -> Body:
        self.objects[obj["id"]] = obj
        return obj

    def find(self, kind: str, object_id: str, param: str = "id") -> Body:
        """The object of that kind; raises 404 as Stripe does."""
        obj = self.objects.get(object_id)
        if obj is None or obj["object"] != kind:
            raise unknown_object(kind, object_id, param)
        return obj

    def every(self, kind: str) -> list[Body]:
        """All objects of a kind, the newest first, as Stripe lists them."""
        return [obj for obj in reversed(self.objects.values()) if obj["object"] == kind]

    def forget(self) -> None:
        """Back to an empty account; only the webhook endpoints stay."""
        endpoints = self.every("webhook_endpoint")
        fresh = State(objects={obj["id"]: obj for obj in reversed(endpoints)})
        for name in fresh.__dataclass_fields__:
            if name != "in_flight":
                setattr(self, name, getattr(fresh, name))
        self.changed.notify_all()


_KEPT = (
    "objects",
    "card_numbers",
    "expectations",
    "token_cards",
    "releases",
    "confirmations",
    "delivery_log",
)


def save(state: State, path: Path) -> None:
    """Write what a restart must remember; a reader never sees half a file."""
    with state.lock:
        kept: dict[str, Any] = {name: getattr(state, name) for name in _KEPT}
        kept["answers"] = {
            key: asdict(answer) for key, answer in state.answers.items() if answer.status
        }
        text = json.dumps(kept)
        draft = path.with_name(path.name + ".draft")
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)


def load(state: State, path: Path) -> None:
    """Take up where `save` left off; nothing happens if the file is not there yet."""
    if not path.exists():
        return
    kept = json.loads(path.read_text(encoding="utf-8"))
    with state.lock:
        for name in _KEPT:
            setattr(state, name, kept.get(name, getattr(state, name)))
        state.answers = {key: Answer(**answer) for key, answer in kept["answers"].items()}
