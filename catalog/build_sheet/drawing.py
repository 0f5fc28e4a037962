"""The side view of a build as SVG shapes, 1 unit = 1 mm, nose at 0; the template only prints them.

The outline is a sketch from length, chord and leading edge, not to scale in height.
"""

from dataclasses import dataclass
from decimal import Decimal

from catalog.build_sheet.sheet import Sheet

MARGIN = 20  # mm around the airframe
_ABOVE, _BELOW = 45, 40  # mm above and below the fuselage's middle line


@dataclass(frozen=True, slots=True)
class Marker:
    """A part in the drawing: its row, place and label."""

    number: int
    x: str
    y: str
    title: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes as attribute values; an empty one is not drawn."""

    view_box: str
    first_mm: int
    last_mm: int
    fuselage: str
    wing: str
    tail: str
    ruler: tuple[str, ...]  # the places of the ruler's marks
    range_x: str
    range_width: str
    cg: str
    markers: tuple[Marker, ...]


def draw(sheet: Sheet) -> Drawing:
    """Return the side view of a build."""
    shape = sheet.geometry
    length = shape.length_mm
    places = [each.x for each in sheet.on_board]
    first = int(min([Decimal(0), *places])) - MARGIN
    last = int(max([length, *places])) + MARGIN
    low, high = shape.cg_min, shape.cg_max
    has_range = low is not None and high is not None
    return Drawing(
        view_box=f"{first} {-_ABOVE} {last - first} {_ABOVE + _BELOW}",
        first_mm=first,
        last_mm=last,
        fuselage=f"M0,0 Q{_n(length / 20)},-7 {_n(length / 4)},-7 L{_n(length)},-2 L{_n(length)},1 "
        f"L{_n(length / 4)},7 Q{_n(length / 20)},7 0,0 Z",
        wing=_wing(shape.leading_edge, shape.chord),
        tail=f"M{_n(length * Decimal('0.84'))},-3 L{_n(length * Decimal('0.9'))},-24 "
        f"L{_n(length)},-24 L{_n(length)},-2 Z",
        ruler=tuple(str(mm) for mm in range(0, last, 50 if last < 500 else 200)),
        range_x=_n(low) if low is not None and has_range else "",
        range_width=_n(high - low) if low is not None and high is not None else "",
        cg="" if sheet.cg is None else _n(sheet.cg),
        markers=tuple(
            Marker(each.number, _n(each.x), str(-3 if place % 2 else 5), each.part.title)
            for place, each in enumerate(sheet.on_board)
        ),
    )


def _wing(leading_edge: Decimal | None, chord: Decimal | None) -> str:
    """Return the section of the wing, above the fuselage."""
    if leading_edge is None or chord is None:
        return ""
    front, back = leading_edge, leading_edge + chord
    return (
        f"M{_n(front)},-10 Q{_n(front)},-17 {_n(front + chord * Decimal('0.35'))},-17 "
        f"Q{_n(front + chord * Decimal('0.7'))},-16 {_n(back)},-9 "
        f"Q{_n(front + chord / 2)},-12 {_n(front)},-10 Z"
    )


def _n(number: Decimal) -> str:
    return f"{number:.1f}"
