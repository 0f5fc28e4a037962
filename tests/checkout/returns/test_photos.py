"""Photos are re-encoded, and nothing but pixels is kept."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import ExifTags, Image

from checkout.returns.photos import LONGEST_SIDE, reencode
from microflight.core.image_uploads import InvalidImage


def upload(image: Image.Image, kind: str = "JPEG", tail: bytes = b"", **more: object):
    file = io.BytesIO()
    image.save(file, kind, **more)
    return SimpleUploadedFile("a.jpg", file.getvalue() + tail)


@pytest.mark.promise("return-pictures")
def test_metadata_and_trailing_data_are_removed():
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "SecretCam"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (52.0, 7.0, 30.0)
    found = upload(
        Image.new("RGB", (20, 10), "blue"), exif=exif, comment=b"SecretNote",
        icc_profile=b"SecretProfile", tail=b"PK\x03\x04SecretArchive",
    )  # fmt: skip
    drawn = reencode(found)
    assert b"Secret" not in drawn.data
    with Image.open(io.BytesIO(drawn.data)) as again:
        assert (again.format, again.size, dict(again.getexif())) == ("JPEG", (20, 10), {})
        assert "icc_profile" not in again.info
        assert "comment" not in again.info


def test_rotated_photo_is_turned_upright():
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    drawn = reencode(upload(Image.new("RGB", (20, 10)), exif=exif))
    assert (drawn.width, drawn.height) == (10, 20)


def test_large_photo_is_scaled_and_transparency_becomes_white():
    drawn = reencode(upload(Image.new("RGBA", (3000, 1500), (0, 0, 0, 0)), "PNG"))
    assert (drawn.width, drawn.height) == (LONGEST_SIDE, LONGEST_SIDE // 2)
    with Image.open(io.BytesIO(drawn.data)) as again:
        assert again.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_decompression_bomb_is_rejected(kind: str):
    # regression: 7 kB of PNG took 600 MB of memory
    packed = upload(Image.new("L", (8001, 2000)), kind)
    with pytest.raises(InvalidImage, match="has too many pixels. Please choose a smaller image"):
        reencode(packed)


def test_large_jpeg_of_a_phone_is_accepted():
    drawn = reencode(upload(Image.new("RGB", (8001, 2000))))
    assert (drawn.width, drawn.height) == (LONGEST_SIDE, 500)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGB", "RGBA"])
def test_every_colour_mode_is_accepted(mode: str):
    drawn = reencode(upload(Image.new(mode, (20, 10)), "PNG"))
    assert (drawn.width, drawn.height) == (20, 10)
