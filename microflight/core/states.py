"""State machines: the states of an object, and the transitions between them."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import models

from microflight.core.errors import ServiceError


class NotAllowed(ServiceError):
    """The transition is not allowed. Its text may be shown to users."""

    def __init__(self, thing: str, old: str, new: str) -> None:
        super().__init__(f"{thing[0].upper()}{thing[1:]} that is {old} cannot become {new}.")


@dataclass(frozen=True)
class Machine:
    """The states of an object, the first state, and the allowed transitions.

    Call `check` on a locked row before changing its state.
    """

    thing: str  # with its article, for error messages: "an order"
    states: type[models.TextChoices]
    start: str
    transitions: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        """Raise ValueError if a state is missing or cannot be reached."""
        states = set(self.states.values)
        reachable = {new for following in self.transitions.values() for new in following}
        if set(self.transitions) != states or reachable | {self.start} != states:
            raise ValueError(f"The transitions of {self.thing} do not match its states.")

    def allows(self, old: str, new: str) -> bool:
        """Return whether `new` may follow `old`."""
        return new in self.transitions[old]

    def check(self, old: str, new: str) -> None:
        """Raise NotAllowed unless `new` may follow `old`."""
        if not self.allows(old, new):
            raise NotAllowed(self.thing, old, new)

    def is_end(self, state: str) -> bool:
        """Return whether no state follows."""
        return not self.transitions[state]
