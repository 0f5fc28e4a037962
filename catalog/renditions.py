"""Encoding of picture copies: Pillow alone, so that processes without Django can do it too."""

import io
from dataclasses import dataclass

from PIL import Image, ImageOps

WIDTHS = (320, 640, 1200)  # pixels
FORMATS = {"avif": "image/avif", "webp": "image/webp"}  # the smaller one first
# A picture of fewer colours is a drawing: WebP without loss is then a third smaller than with.
DRAWING_COLOURS = 6000
MAX_PIXELS = 40_000_000  # larger uploads are left alone: they would take the memory of a worker


@dataclass(frozen=True)
class Rendered:
    """Encoded copies of one picture, by name ending, and its size in pixels."""

    width: int
    height: int
    copies: dict[str, bytes]  # "w640.avif" to the file


def render(original: bytes) -> Rendered:
    """Encode the copies of a picture. Raises what Pillow raises for files it cannot read."""
    with Image.open(io.BytesIO(original)) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise ValueError("more pixels than a rendition is made of")
        picture = _upright(opened)
    copies = {}
    copy = picture
    for width in reversed(widths(picture.width)):  # each from the next larger one: less to read
        copy = _scaled(copy, width)
        for ending in FORMATS:
            copies[f"w{width}.{ending}"] = _encoded(copy, ending, exact=width == picture.width)
    return Rendered(picture.width, picture.height, copies)


def _upright(opened: Image.Image) -> Image.Image:
    """Turned as the camera meant it, without its metadata, in plain colours."""
    turned = ImageOps.exif_transpose(opened)
    transparent = turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info
    return turned.convert("RGBA" if transparent else "RGB")


def _scaled(picture: Image.Image, width: int) -> Image.Image:
    if width == picture.width:
        return picture
    height = max(round(picture.height * width / picture.width), 1)
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def _encoded(picture: Image.Image, ending: str, *, exact: bool) -> bytes:
    """`exact`: the size was not changed, so a drawing still has few colours."""
    out = io.BytesIO()
    if ending == "avif":
        picture.save(out, "AVIF", quality=60, speed=9, max_threads=1)
    elif exact and picture.getcolors(DRAWING_COLOURS):
        picture.save(out, "WEBP", lossless=True, method=1)
    else:
        picture.save(out, "WEBP", quality=82, method=2)
    return out.getvalue()


def widths(original: int) -> list[int]:
    """Widths of the copies of a picture that is `original` pixels wide: never larger than it."""
    largest = min(original, WIDTHS[-1])
    return sorted({*(width for width in WIDTHS if width < original), largest} - {0})
