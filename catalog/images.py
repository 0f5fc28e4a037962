"""Product images on pages: URLs of their renditions, and the size that reserves their place.

A row has its width and height once the file is read as an image. Width 0 means that it cannot be
read; pages then show the original alone.
"""

import logging
from collections.abc import Iterator

from catalog import renditions
from catalog.models import ProductImage
from catalog.renditions import FORMATS, UNREADABLE, WIDTHS

logger = logging.getLogger(__name__)


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
