"""What buyers were told and what went wrong on the way, to be held against the books later."""

import json
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Claim:
    """A buyer was told that nothing was charged: by the press of "pay" that `token` stands for,
    or, without a token, for the order until now."""

    buyer: str
    token: str
    order: str
    words: str
    at: float


@dataclass(frozen=True, slots=True)
class Broken:
    """An answer that should not come: a 5xx, none at all, or one that a script cannot take."""

    who: str
    what: str
    began: float
    ended: float
    excusable: bool  # by a kill at that moment


@dataclass
class Book:
    """Shared by all threads of a storm. Times are seconds since 1970."""

    counts: Counter[str] = field(default_factory=Counter)
    orders: set[str] = field(default_factory=set)
    thanked: dict[str, str] = field(default_factory=dict)  # order -> buyer
    claims: list[Claim] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    kills: list[tuple[str, float, float]] = field(default_factory=list)
    diaries: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def count(self, what: str) -> None:
        """Count one more of something."""
        with self._lock:
            self.counts[what] += 1

    def note(self, who: str, line: str) -> None:
        """Write a line into somebody's diary."""
        with self._lock:
            self.diaries.setdefault(who, []).append(f"{time.time():.3f} {line}")

    def met(self, number: str) -> None:
        """A buyer saw the number of an order."""
        with self._lock:
            self.orders.add(number)

    def thank(self, number: str, buyer: str) -> None:
        """A buyer saw the page that says that an order is confirmed."""
        with self._lock:
            self.thanked[number] = buyer
            self.orders.add(number)
            self.counts["thanked"] += 1

    def claim(self, claim: Claim) -> None:
        """A buyer was told that nothing was charged."""
        with self._lock:
            self.claims.append(claim)

    def blame(self, broken: Broken) -> None:
        """Keep an answer that should not come; whether it is excused is seen at the end."""
        with self._lock:
            self.broken.append(broken)
            self.counts["broken answers"] += 1

    def kill(self, what: str, began: float, ended: float, *, excuses: bool) -> None:
        """Keep when something was down, and whether a page may break for it."""
        with self._lock:
            self.counts["kills"] += 1
            self.counts[f"killed: {what}"] += 1
            if excuses:
                self.kills.append((what, began, ended))

    def unexcused(self) -> list[Broken]:
        """Return broken answers at a moment at which nothing was down."""
        return [one for one in self.broken if not (one.excusable and self._was_down(one))]

    def _was_down(self, one: Broken) -> bool:
        return any(began <= one.ended and one.began <= ended for _, began, ended in self.kills)

    def save(self, folder: Path) -> Path:
        """Write everything into a folder; return the file that the checks read."""
        with self._lock:
            lines = [f"{who}: {line}" for who, diary in self.diaries.items() for line in diary]
            (folder / "diaries.log").write_text("\n".join(lines) + "\n")
            told = folder / "told.json"
            told.write_text(
                json.dumps(
                    {
                        "thanked": self.thanked,
                        "orders": sorted(self.orders),
                        "claims": [asdict(claim) for claim in self.claims],
                        "kills": self.kills,
                    }
                )
            )
        return told
