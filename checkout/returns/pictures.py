"""Pictures from strangers: drawn anew, so that only what one sees is kept."""

import io
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from PIL import Image, ImageOps

from checkout.returns.models import Return, ReturnPicture

MOST = 6  # pictures of one return
MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = {  # JPEG is unpacked at a fraction of its size, the others whole: up to 4 bytes each
    "JPEG": 60_000_000,  # a telephone's largest picture
    "PNG": 16_000_000,
    "WEBP": 16_000_000,
}
LONGEST_SIDE = 2000  # pixels of what is kept


class BadPicture(Exception):
    """It was not kept. The text is for whoever sent it."""


@dataclass(frozen=True, slots=True)
class Redrawn:
    """A JPEG made of pixels alone: no place, no camera, no name, nothing behind its end."""

    data: bytes
    width: int
    height: int


def redraw(upload: UploadedFile) -> Redrawn:
    """Return an upload as a picture of our own; raise BadPicture."""
    name = str(upload.name or "This picture")
    if (upload.size or 0) > MOST_BYTES:
        raise BadPicture(f"{name} is larger than {MOST_BYTES // 1024 // 1024} MB.")
    try:
        with Image.open(upload, formats=tuple(MOST_PIXELS)) as found:
            if found.width * found.height > MOST_PIXELS[str(found.format)]:
                raise BadPicture(f"{name} has too many pixels: please send a smaller one.")
            found.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            return _as_jpeg(found)
    except BadPicture:
        raise
    except Exception as problem:  # whatever a broken or hostile file makes Pillow raise
        text = f"{name} cannot be read as a picture. JPEG, PNG and WebP work."
        raise BadPicture(text) from problem


def _as_jpeg(found: Image.Image) -> Redrawn:
    smooth = found if found.mode in ("L", "RGB", "RGBA") else found.convert("RGBA")
    smooth.thumbnail((LONGEST_SIDE, LONGEST_SIDE))  # before all that makes copies
    upright = ImageOps.exif_transpose(smooth).convert("RGBA")
    fresh = Image.new("RGB", upright.size, "white")
    fresh.paste(upright, mask=upright.getchannel("A"))
    file = io.BytesIO()
    fresh.save(file, "JPEG", quality=82, optimize=True)
    return Redrawn(file.getvalue(), *fresh.size)


def keep(parent: Return, picture: Redrawn) -> ReturnPicture:
    """Store a picture of a return under a name that says nothing."""
    row = ReturnPicture(parent=parent, width=picture.width, height=picture.height)
    row.file.save(f"{row.key}.jpg", ContentFile(picture.data), save=False)
    row.save()
    return row
