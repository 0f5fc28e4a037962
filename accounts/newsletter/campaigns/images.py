"""Uploaded images: re-encoded, so that no upload reaches a subscriber as it came."""

import io
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from accounts.newsletter.campaigns.models import CampaignImage, new_key

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000  # unpacked, each takes four bytes
MAX_WIDTH = 1116  # pixels: twice the email's width, for high-density screens
DRAWING_COLOURS = 2000  # an image with fewer is a drawing, and sharper as PNG


class BadImage(Exception):
    """The upload was rejected. The text is for staff."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """An image made of pixels alone, in a format that every email app shows."""

    data: bytes
    extension: str  # jpg or png
    width: int
    height: int


def encode(upload: UploadedFile) -> Encoded:
    """Return an upload as an image of our own. Raises BadImage."""
    if (upload.size or 0) > MAX_BYTES:
        raise BadImage(_("The limit is %d MB.") % (MAX_BYTES // 1024 // 1024))
    try:
        with Image.open(upload, formats=("JPEG", "PNG", "WEBP")) as found:
            if found.width * found.height > MAX_PIXELS:
                raise BadImage(_("The image has too many pixels."))
            return _encoded(_flattened(found))
    except BadImage:
        raise
    except Exception as error:  # whatever a broken or hostile file makes Pillow raise
        raise BadImage(_("Not an image. Upload JPEG, PNG or WebP.")) from error


def _flattened(found: Image.Image) -> Image.Image:
    """Return it upright, on white, at most as wide as needed, without metadata."""
    upright = ImageOps.exif_transpose(found).convert("RGBA")
    if upright.width > MAX_WIDTH:
        height = max(round(upright.height * MAX_WIDTH / upright.width), 1)
        upright = upright.resize((MAX_WIDTH, height), Image.Resampling.LANCZOS)
    flat = Image.new("RGB", upright.size, "white")
    flat.paste(upright, mask=upright.getchannel("A"))
    return flat


def _encoded(flat: Image.Image) -> Encoded:
    out = io.BytesIO()
    if flat.getcolors(DRAWING_COLOURS):
        flat.save(out, "PNG", optimize=True)
        return Encoded(out.getvalue(), "png", *flat.size)
    flat.save(out, "JPEG", quality=82, optimize=True, progressive=True)
    return Encoded(out.getvalue(), "jpg", *flat.size)


def store(image: CampaignImage, encoded: Encoded) -> None:
    """Store an image under a new name; sent campaigns keep the file they have."""
    image.width, image.height = encoded.width, encoded.height
    image.file.save(f"{new_key()}.{encoded.extension}", ContentFile(encoded.data), save=False)
    image.save()
