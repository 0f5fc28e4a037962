"""What a document must have, in a form that each database turns into its own language."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words next to each other; the last one may be the beginning of a word."""

    words: tuple[str, ...]
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Constraint:
    """Any of several phrases, the first one as typed."""

    text: str  # as typed, to name it if it is dropped
    phrases: tuple[Phrase, ...]
    is_known: bool = True  # False if no document can match it


@dataclass(frozen=True, slots=True)
class Expression:
    """All of these constraints."""

    constraints: tuple[Constraint, ...]
    any_is_enough: bool = False  # one of the constraints
