"""What an import would change, and what is wrong with its file."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


class CellError(NamedTuple):
    """What is wrong in one cell, and what is expected there."""

    row: int
    column: str
    value: str
    message: str


class Report(NamedTuple):
    """What an import would change."""

    created: int
    updated: int
    unchanged: int
    errors: list[CellError]
    changes: list[tuple[int, str, str, str, str]]  # row, key, column, old, new

    def hashes(self) -> dict[str, str]:
        """Return a hash of the changes of each row, by its number."""
        found: dict[str, str] = {}
        for number, *change in self.changes:
            text = found.get(str(number), "") + json.dumps(change)
            found[str(number)] = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        return found


@dataclass(slots=True)
class Planned:
    """A row to be saved: its number, instance, cells, and the stored ones that it was read from."""

    number: int
    instance: Any
    row: Mapping[str, str]
    before: dict[str, Any]
    changed: list[str]  # columns
    is_new: bool
