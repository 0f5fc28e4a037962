"""What every table of states shares: the states of a thing, and the moves that it may make."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import models


class NotAllowed(Exception):
    """A thing cannot move that way. Its text may be shown."""

    def __init__(self, thing: str, old: str, new: str) -> None:
        super().__init__(f"{thing[0].upper()}{thing[1:]} that is {old} cannot become {new}.")


@dataclass(frozen=True)
class Machine:
    """The states of a thing, where it starts, and which state may follow which.

    Whoever changes such a state calls `check` first, on a row that is locked.
    """

    thing: str  # with its article, as a refusal says it: "an order"
    states: type[models.TextChoices]
    start: str
    moves: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        """Refuse a table that forgets a state, or has one that nothing leads to."""
        everything = set(self.states.values)
        led_to = {new for following in self.moves.values() for new in following}
        if set(self.moves) != everything or led_to | {self.start} != everything:
            raise ValueError(f"The moves of {self.thing} do not fit its states.")

    def allows(self, old: str, new: str) -> bool:
        """Tell whether `new` may follow `old`."""
        return new in self.moves[old]

    def check(self, old: str, new: str) -> None:
        """Raise NotAllowed unless `new` may follow `old`."""
        if not self.allows(old, new):
            raise NotAllowed(self.thing, old, new)

    def is_end(self, state: str) -> bool:
        """Tell whether nothing follows."""
        return not self.moves[state]
