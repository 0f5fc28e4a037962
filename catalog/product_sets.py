"""Sets of products as whole numbers with one bit for each position in the listing index."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection
from functools import reduce
from operator import or_
from typing import Any

_CHUNK = 64  # distinct values whose products are added up once


class Ranges:
    """The products with a number between two others; those of 64 values are added up once."""

    def __init__(self, column: dict[Any, int]) -> None:
        self.values: list[float] = sorted(column)
        self.bits = [column[value] for value in self.values]
        self.chunks = [
            reduce(or_, self.bits[start : start + _CHUNK])
            for start in range(0, len(self.bits), _CHUNK)
        ]

    def parts(self) -> list[list[int]]:
        """Return the sets of the values in each chunk."""
        return [self.bits[start : start + _CHUNK] for start in range(0, len(self.bits), _CHUNK)]

    def between(self, low: float | None, high: float | None) -> int:
        """Return the products with a number from `low` to `high`, both included."""
        start = 0 if low is None else bisect_left(self.values, low)
        end = len(self.values) if high is None else bisect_right(self.values, high)
        first, last = -(-start // _CHUNK), end // _CHUNK
        if first > last:
            return reduce(or_, self.bits[start:end], 0)
        edges = self.bits[start : first * _CHUNK] + self.bits[last * _CHUNK : end]
        return reduce(or_, edges + self.chunks[first:last], 0)


def ships(answer: str, country: str) -> bool:
    """Tell what `Product.ships_to` says about a country."""
    return bool(answer) and (country in answer[1:].split()) == answer.startswith("+")


def as_bits(places: Collection[int]) -> int:
    """Return the set of these positions."""
    if not places:
        return 0
    found = bytearray(max(places) // 8 + 1)
    for place in places:
        found[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(found, "little")


def as_flags(bits: int, length: int) -> str:
    """Return "1" for each position that is in the set, "0" for the others."""
    return f"{bits:b}"[::-1].ljust(length, "0")


def as_places(bits: int) -> list[int]:
    """Return the positions in a set."""
    flags, places = as_flags(bits, 0), []
    place = flags.find("1")
    while place >= 0:
        places.append(place)
        place = flags.find("1", place + 1)
    return places
