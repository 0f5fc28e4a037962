"""A single-stroke font, so that drawings need no fonts installed.

Its glyphs are in `data/font.csv`: strokes on a grid of 4 by 6 units, the baseline at 6, descenders
to 8. All digits have the same width.
"""

import re
from functools import cache

from catalog.seed.drawing.geometry import P2
from catalog.seed.tables import read_table

CAP = 6.0  # units from the baseline to the top of a capital
GAP = 1.5  # units between letters
SMALL_CAPS = 0.78  # lower-case letters without a glyph are written as small capitals

GLYPHS = {line["letter"]: (float(line["width"]), line["strokes"]) for line in read_table("font")}


def text_width(text: str, height: float) -> float:
    """Return how wide `text` is when its capitals are `height` tall."""
    return (sum(_glyph(letter)[0] + GAP for letter in text) - GAP) * height / CAP if text else 0.0


def text_lines(text: str, height: float) -> list[list[P2]]:
    """Return the strokes of `text`: from x = 0, its baseline at y = 0, y downwards."""
    lines, x, k = [], 0.0, height / CAP
    for letter in text:
        width, strokes = _glyph(letter)
        lines += [[((x + u) * k, v * k) for u, v in stroke] for stroke in strokes]
        x += width + GAP
    return lines


@cache
def _glyph(letter: str) -> tuple[float, list[list[P2]]]:
    """Return the width and the strokes of a letter in units, its baseline at 0."""
    scale = 1.0 if letter in GLYPHS else SMALL_CAPS
    width, path = GLYPHS.get(letter) or GLYPHS[letter.upper()]
    lines: list[list[P2]] = []
    for command, numbers in re.findall(r"([MLQ])([^MLQ]*)", path):
        values = [float(number) for number in numbers.split()]
        points = list(zip(values[::2], values[1::2], strict=True))
        if command == "M":
            lines.append(points)
        elif command == "L":
            lines[-1] += points
        else:
            lines[-1] += _curve(lines[-1][-1], *points)
    return width * scale, [[(u * scale, (v - CAP) * scale) for u, v in line] for line in lines]


def _curve(a: P2, b: P2, c: P2) -> list[P2]:
    """Return points on a quadratic curve from a to c, drawn towards b."""
    weights = [((1 - t) ** 2, 2 * t * (1 - t), t * t) for t in (0.2, 0.4, 0.6, 0.8, 1.0)]
    return [(u * a[0] + v * b[0] + w * c[0], u * a[1] + v * b[1] + w * c[1]) for u, v, w in weights]
