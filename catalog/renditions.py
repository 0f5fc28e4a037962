"""Renditions: copies of product images in AVIF and WebP, each made when it is first requested.

They are a cache on the web server's disk (`RENDITIONS_ROOT`): any of them may be deleted at any
time. Why they are made by the web process: docs/decisions/020.
"""

import io
import logging
import tempfile
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.files.base import File
from django.utils._os import safe_join
from django.utils.encoding import filepath_to_uri
from PIL import Image

from catalog.models import ProductImage
from microflight.core.image_uploads import upright_srgb

logger = logging.getLogger(__name__)

WIDTHS = (320, 640, 1200)  # pixels
FORMATS = {"avif": "image/avif", "webp": "image/webp"}  # the smaller one first
# An image with fewer colours is a drawing: lossless WebP is then a third smaller than lossy.
DRAWING_COLOURS = 6000
MAX_PIXELS = 40_000_000  # larger originals would take too much of a worker's memory
# What Pillow and storages raise for a file that is missing, broken or too large.
UNREADABLE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)


class NoRendition(Exception):
    """There is no product image of that name, or it has no rendition of that size."""


def widths(original: int) -> list[int]:
    """Return the widths offered for an image `original` pixels wide: never larger than it."""
    largest = min(original, WIDTHS[-1])
    return sorted({*(width for width in WIDTHS if width < original), largest} - {0})


def url(original: str, width: int, extension: str) -> str:
    """Return the URL of a rendition of the image that storage calls `original`.

    An image is named after its content, so browsers may keep what they get.
    """
    return f"/renditions/{filepath_to_uri(_name(original, width, extension))}"


def read(original: str, width: int, extension: str) -> bytes:
    """Return a rendition, made and stored if this web server does not have it yet.

    Raises NoRendition, and SuspiciousFileOperation for a name that leaves `RENDITIONS_ROOT`.
    """
    path = Path(safe_join(settings.RENDITIONS_ROOT, _name(original, width, extension)))
    try:
        return path.read_bytes()
    except OSError:  # not made yet
        content = _make(original, width, extension)
    try:
        _write(path, content)
    except OSError as error:
        logger.warning("rendition %s is not stored: %s", path.name, error)
    return content


def load(source: BinaryIO | File, *, width: int | None = None) -> Image.Image:
    """Return an image upright, in sRGB, without metadata, as RGB or RGBA.

    `width` permits a JPEG to be decoded smaller, but not below twice that width. Raises one of
    UNREADABLE.
    """
    with Image.open(source) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise ValueError("too many pixels")
        if width:
            opened.draft(None, (2 * width, 2 * width))
        return upright_srgb(opened)


def _name(original: str, width: int, extension: str) -> str:
    return f"{original}.w{width}.{extension}"


def _make(original: str, width: int, extension: str) -> bytes:
    image = ProductImage.objects.filter(original=original, width__gt=0).first()
    if image is None or extension not in FORMATS or width not in widths(image.width):
        raise NoRendition(_name(original, width, extension))
    try:
        with image.original.storage.open(original) as source:
            return _encode(load(source, width=width), width, extension)
    except UNREADABLE as error:
        logger.warning("no rendition of %s: %s", original, error)
        raise NoRendition(original) from error


def _encode(image: Image.Image, width: int, extension: str) -> bytes:
    scaled = width != image.width
    if scaled:
        height = max(round(image.height * width / image.width), 1)
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    if extension == "avif":
        image.save(out, "AVIF", quality=60, speed=9, max_threads=1)
    elif not scaled and image.getcolors(DRAWING_COLOURS):  # scaling adds colours
        image.save(out, "WEBP", lossless=True, method=1)
    else:
        image.save(out, "WEBP", quality=82, method=2)
    return out.getvalue()


def _write(path: Path, content: bytes) -> None:
    """Store a rendition in one step, so that no request reads half of it.

    Two processes that make the same one write the same bytes; the last one stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        temporary = Path(file.name)
    try:
        temporary.write_bytes(content)
        temporary.chmod(0o644)  # for a web server in front that runs as another user
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
