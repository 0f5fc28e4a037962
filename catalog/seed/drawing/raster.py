"""Drawings as PNG files. Runs in worker processes, so it uses neither Django nor the database."""

import hashlib
from collections.abc import Container
from dataclasses import dataclass

import resvg_py

from catalog.seed.drawing.canvas import WIDTH
from catalog.seed.drawing.registry import images_of
from catalog.seed.drawing.subject import Subject


@dataclass(frozen=True)
class DrawnImage:
    """One image of a product."""

    sku: str
    position: int  # 0 is the image for product cards
    file_name: str  # contains a hash of the drawing: a changed drawing gets a new URL
    caption: str
    png: bytes | None  # None if the file was stored before


def draw(subject: Subject, stored: Container[str] = ()) -> list[DrawnImage]:
    """Draw the images of a product, except files whose names are in `stored`.

    The same figures give the same bytes, in any process.
    """
    drawn = []
    for position, image in enumerate(images_of(subject)):
        digest = hashlib.sha256(image.svg.encode()).hexdigest()[:10]
        name = f"{subject.sku.lower()}-{position + 1}-{digest}.png"
        png = None if name in stored else render_png(image.svg)
        drawn.append(DrawnImage(subject.sku, position, name, image.caption, png))
    return drawn


def render_png(svg: str) -> bytes:
    """Return an SVG image as PNG, 1200 x 900 pixels. Text is drawn as lines and needs no font."""
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=WIDTH, skip_system_fonts=True))
