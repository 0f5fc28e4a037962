"""The faults of a run, drawn from the seed: at which visit, of which kind, how severe."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

#: Faults at Stripe, with their weights.
STRIPE_FAULTS = (
    ("answer", 28),  # 5xx, or 429: too many requests or a locked object
    ("away", 10),  # whatever the shop asks is done or not, and not answered
    ("lost", 14),  # done or not, and not answered
    ("stall", 8),  # answered after the shop's patience
    ("hold", 8),  # webhooks kept back, then let go in another order
    ("drop", 8),
    ("late", 5),
    ("again", 6),  # delivered once more
    ("lose", 3),  # the delivering process killed with its queue
    ("older", 6),  # for a while captures and releases as before API 2025-03-31.basil
    ("capture", 3),  # from here on: done in Stripe's dashboard, or by banks
    ("cancel", 2),
    ("refund", 3),
    ("expire", 1),
    ("alter", 1),
    ("dispute", 2),
)
#: Faults of our own processes, with their weights.
PROCESS_FAULTS = (
    ("web worker", 20),
    ("web", 9),
    ("worker", 14),
    ("worker child", 9),
    ("beat", 4),
    ("postgres connections", 12),
    ("postgres backend", 5),
    ("postgres", 8),
    ("valkey", 8),
    ("valkey flushed", 5),
    ("stock clerk", 3),
    ("mail", 6),
)
#: Requests of the shop that may fail, as the double names them.
REQUESTS = (
    (r"POST /v1/payment_intents$", 30),
    (r"POST .*/confirm$", 30),
    (r"GET /v1/payment_intents/", 15),
    (r"POST .*/capture$", 10),
    (r"POST .*/cancel$", 6),
    (r"POST /v1/refunds$", 5),
    (r"GET /v1/(refunds|events)", 2),
    (r"/v1/(payment_intents|refunds|events)", 2),
)
#: HTTP status and code of error answers.
ERRORS = ((500, None), (500, None), (503, None), (429, "rate_limit"), (429, "lock_timeout"))


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, injected once `at` visits have begun; `share` (0 to 1) picks its target."""

    at: int
    kind: str
    request: str
    status: int
    code: str | None  # Stripe's own
    after: bool  # the work is done all the same
    times: int
    share: float
    seconds: float

    @property
    def name(self) -> str:
        """Return what it is in the logs."""
        return f"{self.kind} at visit {self.at}"


def faults(seed: int, where: str, kinds: tuple[tuple[str, int], ...], gap: int) -> Iterator[Fault]:
    """Yield faults, on average `gap` visits apart; the same for the same seed."""
    random, at = Random(f"{seed}:{where}"), 3
    while True:
        at += random.randint(1, 2 * gap - 1)
        status, code = random.choice(ERRORS)
        yield Fault(
            at=at,
            kind=random.choices(*zip(*kinds, strict=True))[0],
            request=random.choices(*zip(*REQUESTS, strict=True))[0],
            status=status,
            code=code,
            after=random.random() < 0.5,
            times=random.choice((1, 1, 2, 3, 4, 6)),  # the library tries three times
            share=random.random(),
            seconds=random.uniform(0.1, 2.0),
        )
