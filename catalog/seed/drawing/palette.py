"""Colours, pen widths and number formats of the drawings."""

from microflight.core.palette import LIGHT

INK, PAPER, SKY = LIGHT["ink"], LIGHT["paper"], LIGHT["sky"]
SHADOW = "#efece3"

COLOURS = {
    # Lines: wires, wood grain, a grid. Parts may have these colours, too.
    "ink": INK,
    "sky": SKY,
    "winding": "#b5713d",
    "grain": "#b99a63",
    "grid": "#6b9a80",
    "insulation": LIGHT["signal"],
    # Light washes over paper, mixed from the shop's own palette.
    "paper": LIGHT["white"],
    "film": "#e3eef5",
    "metal": "#e8ecee",
    "dark": "#3a4a55",
    "board": "#d8e8dd",
    "foam": "#f4f1e6",
    "wood": "#f3e6cc",
    "copper": "#f1d3b8",
    "gold": "#f2e2b4",
    "coin": "#faf5e6",
    "grey": "#dfe3e5",
    "silver": "#eef1f3",
    "clear": "#eef5f9",
    "blue": "#c9dfee",
    "orange": "#f8d5bd",
    "red": "#f3c4b2",
    "yellow": "#f6e6b0",
    "green": "#cfe6d8",
    "black": "#4b5962",
}

OUTLINE, THIN, HAIR = 3.4, 2.0, 1.3  # pen widths in pixels of a 1200 x 900 sheet


def darkened(colour: str, share: float) -> str:
    """Return `colour` mixed with a share (0 to 1) of ink, as #rrggbb."""
    channels = zip(_channels(colour), _channels(INK), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in channels)


def _channels(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def coordinate(value: float) -> str:
    """Return a coordinate with at most one decimal, so that images stay small and stable."""
    return f"{value:.1f}".removesuffix(".0")


def figure(value: float) -> str:
    """Return a number as it is written on a drawing: no trailing zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
