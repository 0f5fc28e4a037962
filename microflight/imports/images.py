"""Product images from a ZIP file: `SKU.jpg` is the first one of a product, `SKU_2.jpg` the second.

Nothing is unpacked to a disk, so paths in the file lead nowhere; each image is encoded again like
any other upload, so what else is in it is lost.
"""

import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from catalog.admin import refresh
from catalog.models import Product, ProductImage
from microflight.core.csv_files import InvalidFile
from microflight.core.image_uploads import MAX_MEGABYTES, InvalidImage, reencode
from microflight.core.text import one_line
from microflight.imports.files import check_unpacked
from microflight.imports.report import CellError, Report
from microflight.imports.resources import CREATE, UPDATE

_NAME = re.compile(r"(?P<stem>.+)\.(?:jpe?g|png|webp)", re.IGNORECASE)
_NUMBERED = re.compile(r"(.+)_([1-9][0-9]?)")
_MAX_IMAGES = 1000
_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, EOFError, ValueError)


@dataclass(slots=True)
class _Planned:
    """An image to be saved. `file` has it encoded, `old` is the name of the stored one."""

    number: int
    product: Product
    order: int
    old: str
    file: Path
    size: tuple[int, int]


class ImageImport:
    """The dataset of images, with the methods of a `ShopResource` that a job uses."""

    mode = UPDATE
    by: Any = None
    on_progress: Callable[[int], None] = staticmethod(lambda done: None)

    def plan(self, data: bytes) -> Report:
        """Encode all images and return what would change. Raises InvalidFile."""
        self.folder = TemporaryDirectory(prefix="import-")  # deleted with this object
        self.errors: list[CellError] = []
        self.changes: list[tuple[int, str, str, str, str]] = []
        self.planned: list[_Planned] = []
        self.seen: dict[tuple[int, int], str] = {}
        unchanged = 0
        for number, name, content in _entries(data):
            self.on_progress(number)
            unchanged += self._plan(number, unicodedata.normalize("NFC", name), content)
        created = sum(not one.old for one in self.planned)
        updated = len(self.planned) - created
        return Report(created, updated, unchanged, self.errors, self.changes)

    def _plan(self, number: int, name: str, content: bytes) -> bool:
        """Plan an image, or note what is wrong with it; return whether it is stored already."""
        if (found := _place(name)) is None:
            self._error(number, name, _("Name it like a SKU: MF-1.jpg or MF-1_2.jpg."))
            return False
        product, order = found
        try:
            image = reencode(ContentFile(content, name=name))
        except InvalidImage as error:
            self._error(number, name, str(error))
            return False
        if earlier := self.seen.get((product.pk, order)):
            text = _("The file has another image for the same place: %(name)s.")
            self._error(number, name, text % {"name": earlier})
            return False
        self.seen[product.pk, order] = name
        old = _stored_name(product, order)
        if old == image.name:
            return True
        if self.mode == (CREATE if old else UPDATE):
            text = _("It exists.") if old else _("The product has no such image.")
            self._error(number, name, text)
            return False
        self.changes.append((number, product.upc or "", name, old, str(image.name)))
        file = Path(self.folder.name, str(image.name))
        file.write_bytes(image.data)
        size = image.width, image.height
        self.planned.append(_Planned(number, product, order, old, file, size))
        return False

    def prepare(self) -> None:
        """Nothing precedes the transaction."""

    def apply(self) -> list[CellError]:
        """Save the plan in the caller's transaction. With errors, it is to be rolled back."""
        self.errors = []
        products = {one.product.pk for one in self.planned}
        rows = Product.objects.filter(pk__in=products).order_by("pk")
        list(rows.select_for_update(no_key=True).values_list("pk"))
        for one in self.planned:
            if _stored_name(one.product, one.order) != one.old:
                self._error(one.number, one.file.name, _("Someone saved another image meanwhile."))
            else:
                _save(one)
        refresh.clear(products)
        return self.errors

    def finish(self) -> None:
        """Update the read model of the products."""
        refresh.refresh_cleared(self.on_progress)

    def _error(self, number: int, name: str, text: str) -> None:
        self.errors.append(CellError(number, "", name[:200], text))


def _place(name: str) -> tuple[Product, int] | None:
    """Return the product and the position that the name of a file stands for."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    if whole := Product.objects.filter(upc__iexact=one_line(match["stem"])).first():
        return whole, 0
    numbered = _NUMBERED.fullmatch(match["stem"])
    sku = one_line(numbered[1]) if numbered else ""
    product = Product.objects.filter(upc__iexact=sku).first() if sku else None
    return (product, int(numbered[2]) - 1) if product and numbered else None


def _stored_name(product: Product, order: int) -> str:
    stored = product.images.filter(display_order=order).first()
    return PurePosixPath(str(stored.original.name)).name if stored else ""


def _save(one: _Planned) -> None:
    row = one.product.images.filter(display_order=one.order).first()
    row = row or ProductImage(product=one.product, display_order=one.order)
    row.original = ContentFile(one.file.read_bytes(), name=one.file.name)
    row.width, row.height = one.size
    row.save()


def _entries(data: bytes) -> Iterator[tuple[int, str, bytes]]:
    """Yield number, name and content of the images in a ZIP file. Raises InvalidFile."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        check_unpacked(archive)
        entries = [one for one in archive.infolist() if not (one.is_dir() or _is_of_macos(one))]
        if len(entries) > _MAX_IMAGES:
            raise InvalidFile(
                _("More images than %(most)s. Split the file.") % {"most": _MAX_IMAGES}
            )
        if wrong := [entry.filename for entry in entries if _is_path(entry.filename)]:
            raise InvalidFile(_("Put the images at the top of the ZIP file: %s.") % wrong[0][:100])
        limit = MAX_MEGABYTES * 1024 * 1024 + 1
        contents = (archive.open(entry).read(limit) for entry in entries)
        for number, (entry, content) in enumerate(zip(entries, contents, strict=True), start=1):
            yield number, entry.filename, content
    except _BROKEN as error:
        raise InvalidFile(_("The file is not a valid ZIP file.")) from error


def _is_of_macos(entry: zipfile.ZipInfo) -> bool:
    return entry.filename.startswith("__MACOSX/") or entry.filename == ".DS_Store"


def _is_path(name: str) -> bool:
    return "/" in name or "\\" in name or name.startswith(".")
