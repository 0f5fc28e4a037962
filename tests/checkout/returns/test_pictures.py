"""Pictures are drawn anew: whatever else a file holds stays behind."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import ExifTags, Image

from checkout.returns.pictures import LONGEST_SIDE, BadPicture, redraw


def upload(image: Image.Image, kind: str = "JPEG", tail: bytes = b"", **more: object):
    file = io.BytesIO()
    image.save(file, kind, **more)
    return SimpleUploadedFile("a.jpg", file.getvalue() + tail)


@pytest.mark.promise("return-pictures")
def test_place_camera_comment_and_what_follows_the_picture_are_left_behind():
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "SecretCam"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (52.0, 7.0, 30.0)
    found = upload(
        Image.new("RGB", (20, 10), "blue"), exif=exif, comment=b"SecretNote",
        icc_profile=b"SecretProfile", tail=b"PK\x03\x04SecretArchive",
    )  # fmt: skip
    drawn = redraw(found)
    assert b"Secret" not in drawn.data
    with Image.open(io.BytesIO(drawn.data)) as again:
        assert (again.format, again.size, dict(again.getexif())) == ("JPEG", (20, 10), {})
        assert "icc_profile" not in again.info
        assert "comment" not in again.info


def test_a_picture_lying_on_its_side_is_put_upright():
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    drawn = redraw(upload(Image.new("RGB", (20, 10)), exif=exif))
    assert (drawn.width, drawn.height) == (10, 20)


def test_a_large_picture_is_made_smaller_and_a_clear_one_white():
    drawn = redraw(upload(Image.new("RGBA", (3000, 1500), (0, 0, 0, 0)), "PNG"))
    assert (drawn.width, drawn.height) == (LONGEST_SIDE, LONGEST_SIDE // 2)
    with Image.open(io.BytesIO(drawn.data)) as again:
        assert again.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_small_file_that_unpacks_to_very_many_pixels_is_refused_unopened(kind: str):
    # Broken once: 7 kB of PNG took 600 MB of memory, since only 60 million pixels were too many.
    packed = upload(Image.new("L", (8001, 2000)), kind)
    with pytest.raises(BadPicture, match="has too many pixels: please send a smaller one"):
        redraw(packed)


def test_a_telephones_jpeg_of_as_many_pixels_is_drawn():
    drawn = redraw(upload(Image.new("RGB", (8001, 2000))))
    assert (drawn.width, drawn.height) == (LONGEST_SIDE, 500)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGB", "RGBA"])
def test_every_kind_of_pixel_is_drawn(mode: str):
    drawn = redraw(upload(Image.new(mode, (20, 10)), "PNG"))
    assert (drawn.width, drawn.height) == (20, 10)
