"""Product images from a ZIP file: `SKU.jpg` is the first one of a product, `SKU_2.jpg` the second.

Nothing is unpacked to a disk, so paths in the file lead nowhere; each image is encoded again like
any other upload, so what else is in it is lost.
"""

import hashlib
import io
import json
import re
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import Any

from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from catalog.admin import refresh
from catalog.models import Product, ProductImage
from microflight.core.csv_files import InvalidFile
from microflight.core.image_uploads import MAX_MEGABYTES, EncodedImage, InvalidImage, reencode
from microflight.imports.files import check_unpacked
from microflight.imports.resources import CREATE, MAX_LISTED, UPDATE, CellError, Report

_NAME = re.compile(r"(.+?)(?:_([1-9][0-9]?))?\.(?:jpe?g|png|webp)", re.IGNORECASE)
_MAX_IMAGES = 1000
_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, EOFError, ValueError)


class ImageImport:
    """The dataset of images."""

    def __init__(self) -> None:
        self.mode, self.by, self.progress_key = UPDATE, None, ""

    def run(self, data: bytes, *, dry_run: bool) -> Report:
        """Import images, or only report what would change. All or nothing. Raises InvalidFile."""
        self.errors: list[CellError] = []
        self.changes: list[tuple[int, str, str, str, str]] = []
        self.products: list[Product] = []
        self.seen: dict[tuple[int, int], str] = {}
        created = unchanged = 0
        with transaction.atomic():
            for number, name, content in _entries(data):
                if number % 10 == 0 and self.progress_key:
                    cache.set(self.progress_key, number, 3600)
                found = self._import(number, name, content, dry_run=dry_run)
                created += found == CREATE
                unchanged += found == ""
            if self.errors:
                transaction.set_rollback(True)
            elif self.products:
                refresh.products_changed(self.products)
        digest = hashlib.sha256(json.dumps(self.changes).encode()).hexdigest()
        updated = len(self.changes) - created
        return Report(created, updated, unchanged, self.errors, self.changes[:MAX_LISTED], digest)

    def _import(self, number: int, name: str, content: bytes, *, dry_run: bool) -> str:
        """Return create, update or error, or "" for no change."""
        match = _NAME.fullmatch(name)
        product = match and Product.objects.filter(upc__iexact=match[1]).first()
        if not match or not product:
            return self._error(number, name, _("Name it like a SKU: MF-1.jpg or MF-1_2.jpg."))
        try:
            image = reencode(ContentFile(content, name=name))
        except InvalidImage as error:
            return self._error(number, name, str(error))
        order = int(match[2] or 1) - 1
        if earlier := self.seen.get((product.pk, order)):
            text = _("The file has another image for the same place: %(name)s.")
            return self._error(number, name, text % {"name": earlier})
        self.seen[product.pk, order] = name
        stored = product.images.filter(display_order=order).first()
        old = PurePosixPath(str(stored.original.name)).name if stored else ""
        if old == image.name:
            return ""
        if self.mode == (CREATE if stored else UPDATE):
            text = _("It exists.") if stored else _("The product has no such image.")
            return self._error(number, name, text)
        self.changes.append((number, product.upc or "", name, old, str(image.name)))
        if not dry_run:
            _save(stored or ProductImage(product=product, display_order=order), image)
            self.products.append(product)
        return UPDATE if stored else CREATE

    def _error(self, number: int, name: str, text: str) -> str:
        self.errors.append(CellError(number, "", name[:200], text))
        return "error"


def _save(row: Any, image: EncodedImage) -> None:
    row.original, row.width, row.height = image, image.width, image.height
    row.save()


def _entries(data: bytes) -> list[tuple[int, str, bytes]]:
    """Return number, name and content of the images in a ZIP file. Raises InvalidFile."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        check_unpacked(archive)
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if len(entries) > _MAX_IMAGES:
            raise InvalidFile(
                _("More images than %(most)s. Split the file.") % {"most": _MAX_IMAGES}
            )
        if wrong := [entry.filename for entry in entries if _is_path(entry.filename)]:
            raise InvalidFile(_("Put the images at the top of the ZIP file: %s.") % wrong[0][:100])
        limit = MAX_MEGABYTES * 1024 * 1024 + 1
        return [
            (number, entry.filename, archive.open(entry).read(limit))
            for number, entry in enumerate(entries, start=1)
        ]
    except _BROKEN as error:
        raise InvalidFile(_("The file is not a valid ZIP file.")) from error


def _is_path(name: str) -> bool:
    return "/" in name or "\\" in name or name.startswith(".")
