"""From a drawing to pixels: runs in the pool's processes, so it touches no database."""

import resvg_py

from catalog.renditions import Rendered, render
from catalog.seed.drawing.sheet import WIDTH


def png(svg: str) -> bytes:
    """The sheet as PNG, 1200 x 900 pixels. No font is needed: lettering is drawn as lines."""
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=WIDTH, skip_system_fonts=True))


def drawn(svg: str) -> tuple[bytes, Rendered]:
    """The PNG of a drawing and its renditions."""
    original = png(svg)
    return original, render(original)
