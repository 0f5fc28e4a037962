"""Pictures of the seed's products: drawn in a pool of processes, stored with their renditions.

A file is named after a digest of its drawing, so a changed drawing gets a new address, and a second
run finds what is there and draws nothing, also for a new database beside the same files. Pictures
that staff uploaded are left alone.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from catalog.models import Product, ProductImage
from catalog.pictures import rendition_name, store
from catalog.renditions import WIDTHS, Rendered
from catalog.seed.drawing.raster import drawn
from catalog.seed.drawing.registry import pictures_of
from catalog.seed.drawing.sheet import HEIGHT, WIDTH
from catalog.seed.drawing.subject import Subject
from catalog.seed.tables import Row, product_rows

Progress = Callable[[str, int, int], None]
FOLDER = "images/products/seed"


@dataclass(frozen=True)
class Wanted:
    """A picture that a product should have."""

    sku: str
    place: int  # 0 is the one for cards
    name: str  # in the storage
    caption: str
    svg: str


def load_pictures(*, progress: Progress, only: set[str] | None = None) -> int:
    """Bring the drawn pictures of all products (or of the SKUs in `only`) up to date.

    Returns how many were drawn.
    """
    wanted = [picture for subject in subjects(only) for picture in _wanted(subject)]
    products = Product.objects.in_bulk({picture.sku for picture in wanted}, field_name="upc")
    have = set(
        ProductImage.objects.filter(product__in=products.values(), width__gt=0).values_list(
            "original", flat=True
        )
    )
    missing = [picture for picture in wanted if picture.name not in have]
    for picture in (picture for picture in missing if _is_stored(picture.name)):
        _note(products[picture.sku], picture, WIDTH, HEIGHT)
    missing = [picture for picture in missing if not _is_stored(picture.name)]
    for done, (picture, png, rendered) in enumerate(_drawn(missing), 1):
        _save(products[picture.sku], picture, png, rendered)
        progress("pictures", done, len(missing))
    _remove_old(products, {picture.name for picture in wanted})
    return len(missing)


def subjects(only: set[str] | None = None) -> Iterator[Subject]:
    """What is drawn: parents and stand-alone products, with their variants' figures."""
    families: dict[str, list[Row]] = {}
    for row in product_rows():
        families.setdefault(row.parent, []).append(row)
    for row in families[""]:
        if only is None or row.sku in only:
            yield _subject(row, tuple(_subject(child) for child in families.get(row.sku, ())))


def _subject(row: Row, variants: tuple[Subject, ...] = ()) -> Subject:
    art = dict(hint.split("=", 1) for hint in row.common["art"].split())
    weight = float(row.common["weight_g"])
    return Subject(row.sku, row.product_class, weight, row.attributes, art, variants)


def _wanted(subject: Subject) -> Iterator[Wanted]:
    for place, picture in enumerate(pictures_of(subject)):
        digest = hashlib.sha256(picture.svg.encode()).hexdigest()[:10]
        name = f"{FOLDER}/{subject.sku.lower()}-{place + 1}-{digest}.png"
        yield Wanted(subject.sku, place, name, picture.caption, picture.svg)


def _drawn(wanted: list[Wanted]) -> Iterator[tuple[Wanted, bytes, Rendered]]:
    """Rasterise and encode on every core; the results come in the order asked for."""
    if len(wanted) < 8:  # not worth starting processes for
        for picture in wanted:
            yield picture, *drawn(picture.svg)
        return
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        results = pool.map(drawn, (picture.svg for picture in wanted), chunksize=4)
        for picture, (png, rendered) in zip(wanted, results, strict=True):
            yield picture, png, rendered


def _is_stored(name: str) -> bool:
    """Whether an earlier database left the file and its copies: the copies are written last."""
    last = rendition_name(name, min(WIDTHS), "webp")
    return default_storage.exists(name) and default_storage.exists(last)


def _save(product: Product, picture: Wanted, png: bytes, rendered: Rendered) -> None:
    if default_storage.exists(picture.name):
        default_storage.delete(picture.name)
    name = default_storage.save(picture.name, ContentFile(png))
    store(rendered, name, default_storage)
    _note(product, picture, rendered.width, rendered.height)


def _note(product: Product, picture: Wanted, width: int, height: int) -> None:
    """The picture's row, with its size in pixels and its words."""
    ProductImage.objects.update_or_create(
        product=product,
        original=picture.name,
        defaults={
            "caption": f"{product.title}: {picture.caption}",
            "display_order": picture.place,
            "width": width,
            "height": height,
        },
    )


def _remove_old(products: dict[str, Product], names: set[str]) -> None:
    """Rows of drawings that the seed no longer makes; synthetic copies of them go too."""
    old = ProductImage.objects.filter(
        product__in=products.values(), original__startswith=FOLDER
    ).exclude(original__in=names)
    gone = set(old.values_list("original", flat=True))
    ProductImage.objects.filter(original__in=gone).delete()
