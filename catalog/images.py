"""Product images on pages: URLs of their renditions, and the size that prevents layout shift.

A row has its width and height once the file is read as an image. Width 0 means that it cannot be
read; pages then show the original alone.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from catalog import renditions
from catalog.models import ProductImage
from catalog.renditions import FORMATS, UNREADABLE, WIDTHS

logger = logging.getLogger(__name__)

CARD_WIDTH = 640  # pixels: a card is at most 320 wide, and screens show two or three pixels for one


@dataclass(frozen=True, slots=True)
class Picture:
    """An image ready for an `img` element: URL, size in pixels, alternative text."""

    src: str
    width: int
    height: int
    alt: str
    original: str  # URL at full size
    sources: tuple[tuple[str, str], ...]  # media type and srcset of smaller formats, best first
    small: str  # srcset in AVIF for a card; empty where there are no copies


@lru_cache(maxsize=8_192)
def picture_of(name: str, width: int, height: int, alt: str) -> Picture:
    """Return a stored image ready for a template."""
    image = ProductImage(original=name, width=width, height=height)
    return Picture(
        src=fallback_url(image),
        width=width or 800,
        height=height or 600,
        alt=alt,
        original=image.original.url,
        sources=tuple(sources(image)),
        small=srcset(image, "avif", at_most=CARD_WIDTH) if width else "",
    )


def measure(image: ProductImage) -> bool:
    """Save the width and height of an uploaded image (pixels); False if it cannot be read.

    The upload itself never fails because of it.
    """
    try:
        with image.original.storage.open(str(image.original.name)) as source:
            image.width, image.height = renditions.load(source).size
    except UNREADABLE as error:
        logger.warning("%s cannot be read as an image: %s", image.original.name, error)
        image.width = image.height = 0
    type(image).objects.filter(pk=image.pk).update(width=image.width, height=image.height)
    return bool(image.width)


def srcset(image: ProductImage, extension: str, *, at_most: int = WIDTHS[-1]) -> str:
    """Return the `srcset` of one format ("avif" or "webp") up to a width in pixels."""
    return ", ".join(
        f"{renditions.url(str(image.original.name), width, extension)} {width}w"
        for width in renditions.widths(image.width)
        if width <= at_most
    )


def sources(image: ProductImage) -> Iterator[tuple[str, str]]:
    """Yield (media type, srcset) for each <source> of a <picture>, the smaller format first."""
    if image.width:
        for extension, media_type in FORMATS.items():
            yield media_type, srcset(image, extension)


def fallback_url(image: ProductImage, width: int = 640) -> str:
    """Return the URL for <img src>: a WebP of about that width, or the original."""
    offered = renditions.widths(image.width)
    if not offered:
        return str(image.original.url)
    nearest = min(offered, key=lambda candidate: abs(candidate - width))
    return renditions.url(str(image.original.name), nearest, "webp")
