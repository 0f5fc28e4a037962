"""Customers' photos, re-encoded so that only pixels remain."""

import io
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from checkout.returns.models import Return, ReturnPhoto

MAX_PHOTOS = 6  # per return
MAX_MEGABYTES = 10  # per upload
MAX_PIXELS = {  # Pillow decodes JPEG at a fraction of its size, the others at full size
    "JPEG": 60_000_000,  # the largest photo of a phone
    "PNG": 16_000_000,
    "WEBP": 16_000_000,
}
LONGEST_SIDE = 2000  # pixels of the stored photo


class InvalidPhoto(Exception):
    """The upload was rejected; the message is for the customer."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A JPEG without metadata (location, camera, author) or trailing data."""

    data: bytes
    width: int
    height: int


def reencode(upload: UploadedFile) -> Photo:
    """Return an upload as a clean JPEG; raise InvalidPhoto."""
    name = str(upload.name or _("This photo"))
    if (upload.size or 0) > MAX_MEGABYTES * 1024 * 1024:
        raise InvalidPhoto(
            _("%(name)s is larger than %(max)d MB.") % {"name": name, "max": MAX_MEGABYTES}
        )
    try:
        with Image.open(upload, formats=tuple(MAX_PIXELS)) as image:
            if image.width * image.height > MAX_PIXELS[str(image.format)]:
                raise InvalidPhoto(
                    _("%(name)s has too many pixels. Please choose a smaller photo.")
                    % {"name": name}
                )
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            return _as_jpeg(image)
    except InvalidPhoto:
        raise
    except Exception as error:  # Pillow raises many types for broken or hostile files
        raise InvalidPhoto(
            _("%(name)s cannot be read. Please use JPEG, PNG or WebP.") % {"name": name}
        ) from error


def _as_jpeg(image: Image.Image) -> Photo:
    small = image if image.mode in ("L", "RGB", "RGBA") else image.convert("RGBA")
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))  # first, since the next steps copy the image
    upright = ImageOps.exif_transpose(small).convert("RGBA")
    clean = Image.new("RGB", upright.size, "white")
    clean.paste(upright, mask=upright.getchannel("A"))
    file = io.BytesIO()
    clean.save(file, "JPEG", quality=82, optimize=True)
    return Photo(file.getvalue(), *clean.size)


def save_photo(parent: Return, photo: Photo) -> ReturnPhoto:
    """Store a photo of a return under a random file name."""
    row = ReturnPhoto(parent=parent, width=photo.width, height=photo.height)
    row.file.save(f"{row.key}.jpg", ContentFile(photo.data), save=False)
    row.save()
    return row
