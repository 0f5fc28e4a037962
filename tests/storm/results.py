"""What buyers saw and which responses failed, to compare with our records at the end."""

import json
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Claim:
    """A page told a buyer that nothing was charged: for the payment with `token`, or, without a
    token, for the order until now."""

    buyer: str
    token: str
    order: str
    words: str
    at: float


@dataclass(frozen=True, slots=True)
class FailedResponse:
    """A response that should not happen: a 5xx, none at all, or one that no script expects."""

    who: str
    what: str
    began: float
    ended: float
    excusable: bool  # by a kill at that moment


@dataclass
class Results:
    """The results of a run, shared by all threads. Times are seconds since 1970."""

    counts: Counter[str] = field(default_factory=Counter)
    orders: set[str] = field(default_factory=set)
    confirmed: dict[str, str] = field(default_factory=dict)  # order -> buyer
    claims: list[Claim] = field(default_factory=list)
    broken: list[FailedResponse] = field(default_factory=list)
    kills: list[tuple[str, float, float]] = field(default_factory=list)
    logs_by_name: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def count(self, what: str) -> None:
        """Count one more of something."""
        with self._lock:
            self.counts[what] += 1

    def log(self, who: str, line: str) -> None:
        """Write a line to the log of a buyer or other actor."""
        with self._lock:
            self.logs_by_name.setdefault(who, []).append(f"{time.time():.3f} {line}")

    def add_order(self, number: str) -> None:
        """Record that a buyer saw the number of an order."""
        with self._lock:
            self.orders.add(number)

    def add_confirmed(self, number: str, buyer: str) -> None:
        """Record that a buyer saw the confirmation page of an order."""
        with self._lock:
            self.confirmed[number] = buyer
            self.orders.add(number)
            self.counts["confirmed"] += 1

    def add_claim(self, claim: Claim) -> None:
        """Record that a page told a buyer that nothing was charged."""
        with self._lock:
            self.claims.append(claim)

    def add_failure(self, broken: FailedResponse) -> None:
        """Record a failed response; whether it is excused is decided at the end."""
        with self._lock:
            self.broken.append(broken)
            self.counts["failed responses"] += 1

    def kill(self, what: str, began: float, ended: float, *, excuses: bool) -> None:
        """Record when something was down, and whether a page may fail then."""
        with self._lock:
            self.counts["kills"] += 1
            self.counts[f"killed: {what}"] += 1
            if excuses:
                self.kills.append((what, began, ended))

    def unexcused(self) -> list[FailedResponse]:
        """Return failed responses while nothing was down."""
        return [one for one in self.broken if not (one.excusable and self._was_down(one))]

    def _was_down(self, one: FailedResponse) -> bool:
        return any(began <= one.ended and one.began <= ended for _, began, ended in self.kills)

    def save(self, folder: Path) -> Path:
        """Write everything into a folder; return the file that the checks read."""
        with self._lock:
            lines = [f"{who}: {line}" for who, log in self.logs_by_name.items() for line in log]
            (folder / "visits.log").write_text("\n".join(lines) + "\n")
            told = folder / "results.json"
            told.write_text(
                json.dumps(
                    {
                        "confirmed": self.confirmed,
                        "orders": sorted(self.orders),
                        "claims": [asdict(claim) for claim in self.claims],
                        "kills": self.kills,
                    }
                )
            )
        return told
