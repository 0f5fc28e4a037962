"""Pictures for letters: drawn anew, so that no upload reaches a reader as it came."""

import io
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from PIL import Image, ImageOps

from accounts.newsletter.models import LetterPicture
from accounts.newsletter.models.pictures import new_name

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000  # unpacked whole it takes four bytes each
WIDEST = 1116  # pixels: twice a letter's paper, for fine screens
DRAWING_COLOURS = 2000  # a picture of fewer is a drawing, and sharper as PNG


class BadPicture(Exception):
    """It was not kept. The text is for whoever uploaded it."""


@dataclass(frozen=True, slots=True)
class Redrawn:
    """A picture made of pixels alone, in a format that every mail program shows."""

    data: bytes
    ending: str  # jpg or png
    width: int
    height: int


def redraw(upload: UploadedFile) -> Redrawn:
    """Return an upload as a picture of our own. Raises BadPicture."""
    if (upload.size or 0) > MOST_BYTES:
        raise BadPicture(f"It is larger than {MOST_BYTES // 1024 // 1024} MB.")
    try:
        with Image.open(upload, formats=("JPEG", "PNG", "WEBP")) as found:
            if found.width * found.height > MOST_PIXELS:
                raise BadPicture("It has too many pixels: take a smaller one.")
            return _encoded(_fresh(found))
    except BadPicture:
        raise
    except Exception as problem:  # whatever a broken or hostile file makes Pillow raise
        raise BadPicture("It cannot be read as a picture: JPEG, PNG or WebP.") from problem


def _fresh(found: Image.Image) -> Image.Image:
    """Upright, on white, at most as wide as a letter needs: nothing but pixels is taken over."""
    upright = ImageOps.exif_transpose(found).convert("RGBA")
    if upright.width > WIDEST:
        height = max(round(upright.height * WIDEST / upright.width), 1)
        upright = upright.resize((WIDEST, height), Image.Resampling.LANCZOS)
    fresh = Image.new("RGB", upright.size, "white")
    fresh.paste(upright, mask=upright.getchannel("A"))
    return fresh


def _encoded(fresh: Image.Image) -> Redrawn:
    out = io.BytesIO()
    if fresh.getcolors(DRAWING_COLOURS):
        fresh.save(out, "PNG", optimize=True)
        return Redrawn(out.getvalue(), "png", *fresh.size)
    fresh.save(out, "JPEG", quality=82, optimize=True, progressive=True)
    return Redrawn(out.getvalue(), "jpg", *fresh.size)


def keep(picture: LetterPicture, redrawn: Redrawn) -> None:
    """Store a picture under a new name; letters that were sent keep the one they have."""
    picture.width, picture.height = redrawn.width, redrawn.height
    picture.file.save(f"{new_name()}.{redrawn.ending}", ContentFile(redrawn.data), save=False)
    picture.save()
