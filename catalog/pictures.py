"""Renditions of product pictures: AVIF and WebP in three widths, beside the original.

Names follow from the original's (`shop/a.png` -> `shop/a.w640.avif`), so pages build addresses
without asking the storage. An image row has a width once its renditions exist; 0 means there are
none (a broken or not yet treated upload) and pages show the original alone.
"""

import logging
from collections.abc import Iterator
from pathlib import PurePosixPath

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from PIL import Image, UnidentifiedImageError

from catalog.models import ProductImage
from catalog.renditions import FORMATS, WIDTHS, Rendered, render, widths

log = logging.getLogger(__name__)


def make_renditions(image: ProductImage, *, save: bool = True) -> bool:
    """Write the copies of an image and note its size; False where it cannot be read.

    A picture that Pillow cannot read, or that is too large, keeps width 0 and stays as it is: the
    upload itself never fails because of it.
    """
    try:
        with image.original.storage.open(str(image.original.name)) as source:
            rendered = render(source.read())
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        log.warning("no renditions of %s: it cannot be read as a picture", image.original.name)
        image.width = image.height = 0
    else:
        store(rendered, str(image.original.name), image.original.storage)
        image.width, image.height = rendered.width, rendered.height
    if save and image.pk:
        type(image).objects.filter(pk=image.pk).update(width=image.width, height=image.height)
    return bool(image.width)


def rendition_name(original: str, width: int, ending: str) -> str:
    """Where a copy lies: `products/a.png` in 640 AVIF is `products/a.w640.avif`."""
    return str(PurePosixPath(original).with_suffix(f".w{width}.{ending}"))


def store(rendered: Rendered, original: str, storage: Storage) -> None:
    """Write the copies beside the original, in place of older ones."""
    for ending, content in rendered.copies.items():
        name = str(PurePosixPath(original).with_suffix(f".{ending}"))
        if storage.exists(name):
            storage.delete(name)
        storage.save(name, ContentFile(content))


def srcset(image: ProductImage, ending: str, *, at_most: int = WIDTHS[-1]) -> str:
    """The `srcset` of one format ("avif" or "webp") up to a width; empty where there are none."""
    place = image.original.storage
    return ", ".join(
        f"{place.url(rendition_name(str(image.original.name), width, ending))} {width}w"
        for width in _copies_of(image)
        if width <= at_most
    )


def sources(image: ProductImage) -> Iterator[tuple[str, str]]:
    """(media type, srcset) for each <source> of a <picture>, the smaller format first."""
    if image.width:
        for ending, media_type in FORMATS.items():
            yield media_type, srcset(image, ending)


def fallback_url(image: ProductImage, width: int = 640) -> str:
    """The address for <img src>: a WebP of about that width, or the original without copies."""
    made = _copies_of(image)
    if not made:
        return image.original.url
    nearest = min(made, key=lambda candidate: abs(candidate - width))
    return image.original.storage.url(rendition_name(str(image.original.name), nearest, "webp"))


def _copies_of(image: ProductImage) -> list[int]:
    return list(dict.fromkeys(widths(image.width)))
