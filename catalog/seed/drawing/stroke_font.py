"""A single-stroke font, so that drawings need no fonts installed.

Glyphs are on a grid of 4 by 6 units, the baseline at 6, descenders to 8. All digits have the same
width.
"""

import re

from catalog.seed.drawing.palette import number

CAP = 6.0  # units from the baseline to the top of a capital
GAP = 1.5  # units between letters

GLYPHS: dict[str, tuple[float, str]] = {
    "0": (4, "M2 0 Q0 0 0 2 L0 4 Q0 6 2 6 Q4 6 4 4 L4 2 Q4 0 2 0"),
    "1": (4, "M.9 1.2 L2.4 0 L2.4 6"),
    "2": (4, "M0 1.6 Q0 0 2 0 Q4 0 4 1.7 Q4 2.8 2.8 3.6 L0 6 L4 6"),
    "3": (4, "M.2 .8 Q.8 0 2 0 Q3.8 0 3.8 1.4 Q3.8 2.8 1.7 2.8 Q4 2.8 4 4.4 Q4 6 2 6 Q.6 6 0 5"),
    "4": (4, "M3 6 L3 0 L0 4.2 L4 4.2"),
    "5": (4, "M3.7 0 L.6 0 L.3 2.7 Q1 2.2 2 2.2 Q4 2.2 4 4.1 Q4 6 2 6 Q.6 6 0 5.1"),
    "6": (4, "M3.4 .2 Q1.4 .4 .5 2.4 Q0 3.4 0 4.2 Q0 6 2 6 Q4 6 4 4.2 Q4 2.5 2 2.5 Q.5 2.5 0 4"),
    "7": (4, "M0 0 L4 0 L1.4 6"),
    "8": (
        4,
        "M2 2.8 Q.3 2.8 .3 1.4 Q.3 0 2 0 Q3.7 0 3.7 1.4 Q3.7 2.8 2 2.8 "
        "Q0 2.8 0 4.4 Q0 6 2 6 Q4 6 4 4.4 Q4 2.8 2 2.8",
    ),
    "9": (4, "M.6 5.8 Q2.6 5.6 3.5 3.6 Q4 2.6 4 1.8 Q4 0 2 0 Q0 0 0 1.8 Q0 3.5 2 3.5 Q3.5 3.5 4 2"),
    " ": (2, ""),
    ".": (0.5, "M.2 5.8 L.3 6"),
    ",": (0.6, "M.5 5.6 L.1 7"),
    ":": (0.5, "M.2 2.6 L.3 2.8 M.2 5.4 L.3 5.6"),
    "-": (2.4, "M.2 3.4 L2.2 3.4"),
    "+": (3, "M0 3.4 L3 3.4 M1.5 1.9 L1.5 4.9"),
    "/": (2.6, "M0 6.6 L2.6 -.4"),
    "×": (2.6, "M0 2.4 L2.6 5 M2.6 2.4 L0 5"),
    "°": (1.6, "M.8 0 Q0 0 0 .8 Q0 1.6 .8 1.6 Q1.6 1.6 1.6 .8 Q1.6 0 .8 0"),
    "⌀": (4, "M2 1 Q0 1 0 3.2 Q0 5.4 2 5.4 Q4 5.4 4 3.2 Q4 1 2 1 M.2 6.2 L3.8 .2"),
    "Ω": (4, "M0 6 L1.4 6 L1.4 5 Q0 4.2 0 2.4 Q0 0 2 0 Q4 0 4 2.4 Q4 4.2 2.6 5 L2.6 6 L4 6"),
    "µ": (3, "M0 7.6 L0 2 L0 4.8 Q0 6 1.4 6 Q3 6 3 4.6 L3 2 L3 6"),
    "%": (
        4,
        "M4 0 L0 6 M1 0 Q0 0 0 1 Q0 2 1 2 Q2 2 2 1 Q2 0 1 0 "
        "M3 4 Q2 4 2 5 Q2 6 3 6 Q4 6 4 5 Q4 4 3 4",
    ),
    "A": (4, "M0 6 L2 0 L4 6 M.8 3.8 L3.2 3.8"),
    "B": (
        3.6,
        "M0 0 L0 6 L2 6 Q3.6 6 3.6 4.4 Q3.6 2.9 2 2.9 L0 2.9 "
        "M2 2.9 Q3.3 2.8 3.3 1.4 Q3.3 0 2 0 L0 0",
    ),
    "C": (4, "M4 1 Q3.3 0 2.2 0 Q0 0 0 3 Q0 6 2.2 6 Q3.3 6 4 5"),
    "D": (4, "M0 0 L0 6 L1.6 6 Q4 6 4 3 Q4 0 1.6 0 L0 0"),
    "E": (3.2, "M3.2 0 L0 0 L0 6 L3.2 6 M0 2.9 L2.6 2.9"),
    "F": (3.2, "M3.2 0 L0 0 L0 6 M0 2.9 L2.6 2.9"),
    "G": (4, "M4 1 Q3.3 0 2.2 0 Q0 0 0 3 Q0 6 2.2 6 Q4 6 4 4.4 L4 3.3 L2.4 3.3"),
    "H": (3.8, "M0 0 L0 6 M3.8 0 L3.8 6 M0 2.9 L3.8 2.9"),
    "I": (0.4, "M.2 0 L.2 6"),
    "J": (2.6, "M2.6 0 L2.6 4.4 Q2.6 6 1.2 6 Q.2 6 0 5"),
    "K": (3.6, "M0 0 L0 6 M3.4 0 L0 3.6 M1.2 2.4 L3.6 6"),
    "L": (3, "M0 0 L0 6 L3 6"),
    "M": (4.8, "M0 6 L0 0 L2.4 4 L4.8 0 L4.8 6"),
    "N": (3.8, "M0 6 L0 0 L3.8 6 L3.8 0"),
    "O": (4.4, "M2.2 0 Q0 0 0 3 Q0 6 2.2 6 Q4.4 6 4.4 3 Q4.4 0 2.2 0"),
    "P": (3.5, "M0 6 L0 0 L2 0 Q3.5 0 3.5 1.6 Q3.5 3.3 2 3.3 L0 3.3"),
    "Q": (4.4, "M2.2 0 Q0 0 0 3 Q0 6 2.2 6 Q4.4 6 4.4 3 Q4.4 0 2.2 0 M2.8 4.4 L4.4 6.6"),
    "R": (3.6, "M0 6 L0 0 L2 0 Q3.5 0 3.5 1.6 Q3.5 3.2 2 3.2 L0 3.2 M1.8 3.2 L3.6 6"),
    "S": (
        3.6,
        "M3.4 .9 Q2.8 0 1.8 0 Q.1 0 .1 1.5 Q.1 2.7 1.8 3 Q3.6 3.3 3.6 4.5 Q3.6 6 1.8 6 Q.6 6 0 5",
    ),
    "T": (3.6, "M0 0 L3.6 0 M1.8 0 L1.8 6"),
    "U": (3.8, "M0 0 L0 4 Q0 6 1.9 6 Q3.8 6 3.8 4 L3.8 0"),
    "V": (3.8, "M0 0 L1.9 6 L3.8 0"),
    "W": (5.2, "M0 0 L1.3 6 L2.6 1 L3.9 6 L5.2 0"),
    "X": (3.8, "M0 0 L3.8 6 M3.8 0 L0 6"),
    "Y": (3.8, "M0 0 L1.9 3 L3.8 0 M1.9 3 L1.9 6"),
    "Z": (3.6, "M0 0 L3.6 0 L0 6 L3.6 6"),
    "g": (3, "M3 2 L3 6.4 Q3 8 1.4 8 Q.4 8 0 7.4 M3 4 Q3 2 1.5 2 Q0 2 0 4 Q0 6 1.5 6 Q3 6 3 4"),
    "h": (2.8, "M0 0 L0 6 M0 3.6 Q.4 2 1.5 2 Q2.8 2 2.8 3.4 L2.8 6"),
    "k": (2.7, "M0 0 L0 6 M2.5 2 L0 4.4 M.9 3.6 L2.7 6"),
    "l": (0.4, "M.2 0 L.2 6"),
    "m": (
        4.6,
        "M0 6 L0 2 M0 3.4 Q.4 2 1.3 2 Q2.3 2 2.3 3.2 L2.3 6 "
        "M2.3 3.4 Q2.7 2 3.6 2 Q4.6 2 4.6 3.2 L4.6 6",
    ),
    "z": (2.6, "M0 2 L2.6 2 L0 6 L2.6 6"),
}
SMALL_CAPS = 0.78  # other lower-case letters are written as small capitals


def text_width(text: str, height: float) -> float:
    """Pixels that `text` takes when its capitals are `height` pixels tall."""
    return sum((width * k + GAP) * height / CAP for width, _, k in map(_glyph, text)) - (
        GAP * height / CAP if text else 0
    )


def text_path(text: str, x: float, y: float, height: float) -> str:
    """Path data of `text` from x, with its baseline at y and capitals `height` pixels tall."""
    parts = []
    for width, path, k in map(_glyph, text):
        scale = height / CAP * k
        if path:
            parts.append(_placed(path, x, y - CAP * scale, scale))
        x += width * scale + GAP * height / CAP
    return " ".join(parts)


def strokes(letter: str) -> list[list[tuple[float, float]]]:
    """The lines of a letter in units, curves cut into short pieces."""
    lines: list[list[tuple[float, float]]] = []
    for command, numbers in re.findall(r"([MLQ])([^MLQ]*)", _glyph(letter)[1]):
        values = [float(part) for part in numbers.split()]
        points = list(zip(values[::2], values[1::2], strict=True))
        if command == "M":
            lines.append(points)
        elif command == "L":
            lines[-1] += points
        else:
            lines[-1] += _bent(lines[-1][-1], *points)
    return lines


def _bent(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]
) -> list[tuple[float, float]]:
    """Points on a quadratic curve from a to c, drawn towards b."""
    found = []
    for t in (0.2, 0.4, 0.6, 0.8, 1.0):
        u, v, w = (1 - t) ** 2, 2 * t * (1 - t), t * t
        found.append((u * a[0] + v * b[0] + w * c[0], u * a[1] + v * b[1] + w * c[1]))
    return found


def _glyph(letter: str) -> tuple[float, str, float]:
    """Width and strokes of a letter in units, and the factor it is drawn with."""
    if letter in GLYPHS:
        return *GLYPHS[letter], 1.0
    return *GLYPHS[letter.upper()], SMALL_CAPS


def _placed(path: str, x: float, y: float, scale: float) -> str:
    def place(pair: re.Match[str]) -> str:
        return f"{number(x + float(pair[1]) * scale)} {number(y + float(pair[2]) * scale)}"

    return re.sub(r"(-?[\d.]+) (-?[\d.]+)", place, path)
