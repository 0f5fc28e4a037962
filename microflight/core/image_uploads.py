"""Uploaded images, re-encoded: upright, sRGB, 8 bits per channel, and nothing but pixels.

Every form field for an image is an `ImageUploadField`, see docs/decisions/020.
"""

import hashlib
import io
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.utils.translation import gettext as _
from PIL import ExifTags, Image, ImageCms

MAX_MEGABYTES = 10
#: By format. Pillow decodes a JPEG at a fraction of its size, the others at full size.
MAX_PIXELS = {"JPEG": 60_000_000, "MPO": 60_000_000}
MAX_PIXELS_OF_OTHERS = 16_000_000
FORMATS = ("JPEG", "PNG", "WEBP")
ACCEPT = "image/jpeg,image/png,image/webp"
DRAWING_COLOURS = 6000  # an image with fewer is a drawing, and sharper as PNG
FULL_SIZE = (3000, 3000)  # pixels; the longest side of a stored image

_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
#: What makes an image upright, by its EXIF orientation.
_TURNS: dict[Any, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
#: The start of photos in HEIF, and of raw photos of Canon.
_HEIF = re.compile(rb"....ftyp(?:hei[cmsx]|hev[cmsx]|mif1|msf1|crx )", re.DOTALL)
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class InvalidImage(Exception):
    """The upload was rejected. The message is for the person who chose the file."""


class EncodedImage(ContentFile):
    """A file made of pixels alone: no location, camera, author, colour profile or trailing data.

    Its name is a hash of its content. So a name never stands for two images, not even after one
    was deleted, and what is derived from a name (renditions, cached copies) belongs to one image.
    """

    def __init__(self, data: bytes, extension: str, size: tuple[int, int]) -> None:
        super().__init__(data, name=f"{hashlib.sha256(data).hexdigest()[:24]}.{extension}")
        self.data = data
        self.width, self.height = size


def reencode(
    upload: File,
    *,
    box: tuple[int, int] = FULL_SIZE,
    on_white: bool = False,
    always_jpeg: bool = False,
) -> EncodedImage:
    """Return an upload as an image of our own, at most as large as `box`; raise InvalidImage.

    Transparent images and drawings become PNG, others JPEG. `on_white` flattens, and `always_jpeg`
    stores drawings as JPEG, too.
    """
    name = str(upload.name or _("The file"))
    if (upload.size or 0) > MAX_MEGABYTES * 1024 * 1024:
        message = _("%(name)s is larger than %(max)d MB.")
        raise InvalidImage(message % {"name": name, "max": MAX_MEGABYTES})
    try:
        image = _read(upload, name, box)
        if on_white or always_jpeg:
            image = _flattened(image)
        data, extension = _encoded(image, always_jpeg=always_jpeg)
    except InvalidImage:
        raise
    except _BOMBS as error:
        raise _too_large(name) from error
    except Exception as error:  # Pillow raises many types for broken or hostile files
        message = _("%(name)s cannot be read. Please use JPEG, PNG or WebP.")
        raise InvalidImage(message % {"name": name}) from error
    return EncodedImage(data, extension, image.size)


def upright_srgb(image: Image.Image) -> Image.Image:
    """Return an image upright, as RGB or RGBA in sRGB, 8 bits per channel, without metadata."""
    converted = _to_srgb(image)
    converted.info = {}
    try:
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation))
    except Exception:  # broken metadata says nothing about the pixels
        turn = None
    return converted if turn is None else converted.transpose(turn)


def decoded_at(image: Image.Image, box: tuple[float, float]) -> None:
    """Let a JPEG be decoded smaller, if it is at least twice as large as `box`."""
    scale = min(box[0] / image.width, box[1] / image.height, 1)
    image.draft(None, (max(int(image.width * scale), 1), max(int(image.height * scale), 1)))


def _read(upload: File, name: str, box: tuple[int, int]) -> Image.Image:
    with Image.open(upload, formats=FORMATS) as opened:
        limit = MAX_PIXELS.get(str(opened.format), MAX_PIXELS_OF_OTHERS)
        if opened.width * opened.height > limit:
            raise _too_large(name)
        # An MPO is a phone's JPEG with a preview or a depth map as its other images.
        if getattr(opened, "is_animated", False) and opened.format != "MPO":
            message = _("%(name)s is animated. Please choose an image that does not move.")
            raise InvalidImage(message % {"name": name})
        decoded_at(opened, box)
        image = upright_srgb(opened)
        image.thumbnail(box, Image.Resampling.LANCZOS)
        return image


def _too_large(name: str) -> InvalidImage:
    message = _("%(name)s has too many pixels. Please choose a smaller image.")
    return InvalidImage(message % {"name": name})


def _to_srgb(image: Image.Image) -> Image.Image:
    """Return RGB or RGBA in sRGB. A profile that does not fit the image is ignored."""
    eight_bits = _from_16_bits(image) if image.mode.startswith("I") else image
    profile, alpha = image.info.get("icc_profile"), None
    if eight_bits.has_transparency_data:
        rgba = eight_bits.convert("RGBA")
        alpha = rgba.getchannel("A")
        # A grey profile is for grey pixels; the colours of a palette are RGB.
        eight_bits = eight_bits.convert("L" if eight_bits.mode in ("L", "LA", "1") else "RGB")
    elif eight_bits.mode not in ("L", "RGB", "CMYK"):
        eight_bits = eight_bits.convert("L" if eight_bits.mode in ("1", "LA") else "RGB")
    colours = _through_profile(eight_bits, profile) if profile else eight_bits.convert("RGB")
    if alpha:
        colours.putalpha(alpha)
    return colours


def _through_profile(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        converted = ImageCms.profileToProfile(image, source, _SRGB, intent, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        converted = None
    return converted or image.convert("RGB")


def _from_16_bits(image: Image.Image) -> Image.Image:
    """Return 16-bit grey as 8-bit grey; Pillow's own conversion makes it white."""
    shades = image.convert("I")
    grey = shades.point([round(value / 257) for value in range(65_536)], "L")
    see_through = image.info.get("transparency")
    if not isinstance(see_through, int):
        return grey
    opaque = [255] * 65_536
    opaque[see_through] = 0
    return Image.merge("LA", (grey, shades.point(opaque, "L")))


def _flattened(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    flat = Image.new("RGB", image.size, "white")
    flat.paste(image, mask=image.getchannel("A"))
    return flat


def _encoded(image: Image.Image, *, always_jpeg: bool) -> tuple[bytes, str]:
    out = io.BytesIO()
    is_drawing = image.getcolors(DRAWING_COLOURS) is not None and not always_jpeg
    if image.mode == "RGBA" or is_drawing:
        image.save(out, "PNG")
        return out.getvalue(), "png"
    image.save(out, "JPEG", quality=88, subsampling=0, optimize=True, progressive=True)
    return out.getvalue(), "jpg"


class ImageUploadField(forms.FileField):
    """An uploaded image; its value is an `EncodedImage`. The options are those of `reencode`."""

    def __init__(
        self, *, box: tuple[int, int] = FULL_SIZE, on_white: bool = False, **options: Any
    ) -> None:
        super().__init__(**options)
        self.box, self.on_white = box, on_white
        self.widget.attrs.setdefault("accept", ACCEPT)

    def to_python(self, data: Any) -> Any:
        """Re-encode an upload; reject what is no still image."""
        upload = super().to_python(data)
        if upload is None:
            return None
        try:
            return reencode(upload, box=self.box, on_white=self.on_white)
        except InvalidImage as error:
            raise ValidationError(str(error), code="invalid_image") from error


class AttachmentField(forms.FileField):
    """An uploaded file of any type. An image is re-encoded like every other one; photos that Pillow
    cannot read (HEIC of phones) are rejected, because they name a place."""

    def to_python(self, data: Any) -> Any:
        """Re-encode what Pillow knows as an image."""
        upload = super().to_python(data)
        if upload is None or not _is_image(upload):
            return upload
        try:
            return reencode(upload)
        except InvalidImage as error:
            raise ValidationError(str(error), code="invalid_image") from error


def _is_image(upload: File) -> bool:
    try:
        with Image.open(upload):
            return True
    except _BOMBS:
        return True
    except Exception:  # not an image that Pillow knows
        upload.seek(0)
        return _HEIF.match(upload.read(12)) is not None
    finally:
        upload.seek(0)
