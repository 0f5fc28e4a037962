"""Images of the seed's products: drawn by worker processes, stored and saved by this one.

A second run finds the files and draws nothing, even for a new database. Images that staff uploaded
stay as they are.
"""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from catalog.models import Product, ProductImage
from catalog.seed.drawing.canvas import HEIGHT, WIDTH
from catalog.seed.drawing.raster import DrawnImage, draw
from catalog.seed.drawing.subject import subjects

Progress = Callable[[str, int, int], None]
FOLDER = "images/products/seed"
FEW = 8  # products; starting processes takes longer than drawing so few


@dataclass(frozen=True)
class Drawn:
    """Images that are being drawn: a list for each of `products` products, in a fixed order."""

    products: int
    images: Iterator[list[DrawnImage]]


@contextmanager
def drawing(only: set[str] | None = None) -> Iterator[Drawn]:
    """Start to draw all products (or the SKUs in `only`) in one process per core.

    Needs no database, so migrations can run meanwhile.
    """
    wanted, work = list(subjects(only)), partial(draw, stored=_stored_files())
    if len(wanted) < FEW:
        yield Drawn(len(wanted), map(work, wanted))
        return
    # Spawned, not forked: a copy of this process would share its database connections.
    # On Ctrl-C this process ends them, so they ignore it.
    pool = ProcessPoolExecutor(
        _cores(),
        mp_context=get_context("spawn"),
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN),
    )
    try:
        yield Drawn(len(wanted), pool.map(work, wanted, chunksize=2))
    finally:
        pool.shutdown(cancel_futures=True)


def load_images(drawn: Drawn, *, progress: Progress) -> int:
    """Store the drawn files and save their rows, product by product; returns how many are new."""
    products = Product.objects.in_bulk(field_name="upc")
    new = 0
    for done, images in enumerate(drawn.images, 1):
        new += sum(_store(image) for image in images)
        _save_rows(products[images[0].sku], images)
        progress("drawn products", done, drawn.products)
    return new


def _cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _stored_files() -> frozenset[str]:
    """Names of the files that earlier runs drew; an empty one was interrupted."""
    try:
        names = default_storage.listdir(FOLDER)[1]
    except FileNotFoundError:
        return frozenset()
    return frozenset(name for name in names if default_storage.size(f"{FOLDER}/{name}"))


def _store(image: DrawnImage) -> bool:
    """Store a file unless an earlier run did; returns whether it is new."""
    if image.png is None:
        return False
    default_storage.delete(_stored_name(image))  # what an interrupted run left
    default_storage.save(_stored_name(image), ContentFile(image.png))
    return True


def _stored_name(image: DrawnImage) -> str:
    return f"{FOLDER}/{image.file_name}"


@transaction.atomic
def _save_rows(product: Product, images: list[DrawnImage]) -> None:
    """Create or update a product's rows; delete those of drawings that have changed."""
    rows = {row.original.name: row for row in product.images.filter(original__startswith=FOLDER)}
    for image in images:
        row = rows.pop(_stored_name(image), None) or ProductImage(product=product)
        row.original = _stored_name(image)
        row.caption = f"{product.title}: {image.caption}"
        row.display_order = image.position
        row.width, row.height = WIDTH, HEIGHT
        row.save()
    ProductImage.objects.filter(original__in=rows).delete()  # synthetic products show them too
