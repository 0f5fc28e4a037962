"""Where the states of a machine stand in its picture: in columns by how far they are from the
start, with as few crossing arrows as can be. The same table always gives the same picture.

After Sugiyama's method, made simple by how small our tables are: every order within the columns
is tried. An arrow over several columns gets a bend in each that it passes.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations, pairwise, permutations, product

from microflight.core.states import Machine

#: From one place in a column to the next, in parts of a box's height.
APART = 1.0
#: How often places are pulled towards their neighbours; more does not show.
SWEEPS = 30
#: Orders of all columns together that are tried; a bigger table needs a cleverer search.
MOST_TRIES = 200_000


@dataclass(frozen=True, order=True)
class Spot:
    """A state, or the bend of an arrow where it passes a column: (from, to) says of which."""

    column: int
    name: str
    bend_of: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Layout:
    """Places of all spots, and for each arrow the spots that it goes through."""

    columns: int
    row: dict[Spot, float]
    arrows: list[list[Spot]]


def lay_out(machine: Machine) -> Layout:
    """Return where everything stands; rows are counted from 0 at the top."""
    column = _columns(machine)
    arrows = [
        _spots(old, new, column) for old, following in machine.moves.items() for new in following
    ]
    order = _order_with_least_crossings(_by_column(column, arrows), arrows)
    row = _rows(order, arrows)
    return Layout(len(order), row, arrows)


def _columns(machine: Machine) -> dict[str, int]:
    """The longest way from the start to each state; moves that lead back do not count."""
    column = {machine.start: 0}
    _walk(machine, str(machine.start), (str(machine.start),), column)
    return {str(state): column[state] for state in machine.states.values}


def _walk(machine: Machine, state: str, way: tuple[str, ...], column: dict[str, int]) -> None:
    for new in map(str, machine.moves[state]):
        if new not in way:
            column[new] = max(column.get(new, 0), len(way))
            _walk(machine, new, (*way, new), column)


def _spots(old: str, new: str, column: dict[str, int]) -> list[Spot]:
    first, last = column[old], column[new]
    step = 1 if last > first else -1
    bends = [Spot(at, "", (str(old), str(new))) for at in range(first + step, last, step)]
    return [Spot(first, str(old)), *bends, Spot(last, str(new))]


def _by_column(column: dict[str, int], arrows: list[list[Spot]]) -> list[list[Spot]]:
    """States and bends of each column, in the order of the table."""
    found: dict[int, list[Spot]] = defaultdict(list)
    spots = [Spot(at, name) for name, at in column.items()]
    spots += [spot for arrow in arrows for spot in arrow[1:-1]]
    for spot in spots:
        found[spot.column].append(spot)
    return [found[at] for at in sorted(found)]


def _order_with_least_crossings(
    columns: list[list[Spot]], arrows: list[list[Spot]]
) -> list[list[Spot]]:
    steps = [pair for arrow in arrows for pair in pairwise(arrow)]
    ways = [list(permutations(spots)) for spots in columns]
    tries = 1
    for way in ways:
        tries *= len(way)
    if tries > MOST_TRIES:  # too big a table to try every order
        return _improved([list(spots) for spots in columns], steps)
    best = min(product(*ways), key=lambda order: _badness(order, steps))
    return [list(spots) for spots in best]


def _improved(columns: list[list[Spot]], steps: list[tuple[Spot, Spot]]) -> list[list[Spot]]:
    """Swap two spots of a column wherever that helps, until it helps nowhere."""
    best, found = _badness(tuple(map(tuple, columns)), steps), True
    while found:
        found = False
        for spots in columns:
            for one, two in combinations(range(len(spots)), 2):
                spots[one], spots[two] = spots[two], spots[one]
                bad = _badness(tuple(map(tuple, columns)), steps)
                if bad < best:
                    best, found = bad, True
                else:
                    spots[one], spots[two] = spots[two], spots[one]
    return columns


def _badness(
    order: tuple[tuple[Spot, ...], ...], steps: list[tuple[Spot, Spot]]
) -> tuple[int, float]:
    """How many arrows cross, then how far they go up and down."""
    place = {
        spot: at - (len(spots) - 1) / 2 for spots in order for at, spot in enumerate(spots)
    }  # fmt: skip
    crossings = 0
    for at, (one, two) in enumerate(steps):
        for three, four in steps[at + 1 :]:
            if {one.column, two.column} == {three.column, four.column}:
                left, right = sorted((one, two)), sorted((three, four))
                start = place[left[0]] - place[right[0]]
                crossings += start * (place[left[1]] - place[right[1]]) < 0
    return crossings, sum(abs(place[one] - place[two]) for one, two in steps)


def _rows(order: list[list[Spot]], arrows: list[list[Spot]]) -> dict[Spot, float]:
    """Pull every spot towards its neighbours, so that most arrows run straight."""
    near: dict[Spot, list[Spot]] = defaultdict(list)
    for one, two in (pair for arrow in arrows for pair in pairwise(arrow)):
        near[one].append(two)
        near[two].append(one)
    row = {spot: float(at) for spots in order for at, spot in enumerate(spots)}
    for sweep in range(SWEEPS):
        for spots in order if sweep % 2 else order[::-1]:
            wished = [sum(row[one] for one in near[spot]) / len(near[spot]) for spot in spots]
            row.update(zip(spots, _apart(wished), strict=True))
    top = min(row.values())
    return {spot: round(at - top, 2) for spot, at in row.items()}


def _apart(wished: list[float]) -> list[float]:
    """The places nearest to those wished for that keep their order and their distance."""
    groups: list[list[float]] = []
    for at, wish in enumerate(wished):
        groups.append([wish - at * APART])
        while len(groups) > 1 and _mean(groups[-2]) > _mean(groups[-1]):
            groups[-2:] = [groups[-2] + groups[-1]]
    level = [_mean(group) for group in groups for _ in group]
    return [base + at * APART for at, base in enumerate(level)]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
