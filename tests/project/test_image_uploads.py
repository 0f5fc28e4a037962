"""Uploaded images: what is stored has the right colours, and nothing but pixels."""

import importlib
import io
import pkgutil
import struct

import pytest
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import FileField
from PIL import Image, PngImagePlugin

from catalog.admin.fields import attribute_field
from catalog.manuals.pdf_files import PdfField
from catalog.models import ProductAttribute
from checkout.returns.forms import PhotosField
from microflight.core import image_uploads
from microflight.core.image_uploads import (
    AttachmentField,
    EncodedImage,
    ImageUploadField,
    InvalidImage,
    reencode,
)
from tests.project import images as files
from tests.project.conventions import PACKAGES

COLOURS = [(200, 100, 50), (20, 180, 90), (60, 70, 220), (128, 128, 128), (255, 255, 255)]


def stored(data: bytes, name: str = "a.png", **options: object) -> Image.Image:
    """Return an upload as it is stored, read again."""
    encoded = reencode(SimpleUploadedFile(name, data), **options)
    image = Image.open(io.BytesIO(encoded.data))
    assert image.size == (encoded.width, encoded.height)
    assert encoded.name.endswith({"PNG": ".png", "JPEG": ".jpg"}[image.format])
    return image


def is_near(found: tuple[int, ...], expected: tuple[int, ...], tolerance: int = 2) -> bool:
    """Tell whether no channel differs by more than the tolerance."""
    pairs = zip(found, expected, strict=True)
    return all(abs(one - other) <= tolerance for one, other in pairs)


# --- Colours -------------------------------------------------------------------------------------


# Mutation: without `_through_profile` the first patch stays (200, 100, 50).
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_display_p3_is_converted_to_srgb(kind: str):
    options = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    image = files.patches("RGB", COLOURS)
    data = files.encoded(image, kind, icc_profile=files.p3_profile(), **options)
    clean = stored(data)
    assert files.srgb_of_p3(COLOURS[0]) == (215, 93, 31)
    for i, colour in enumerate(COLOURS):
        assert is_near(files.middle(clean, i), files.srgb_of_p3(colour)), colour
    assert "icc_profile" not in clean.info


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_display_p3_with_transparency_keeps_its_alpha(kind: str):
    colours = [(200, 100, 50, 255), (20, 180, 90, 128), (60, 70, 220, 0)]
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    image = files.patches("RGBA", colours)
    clean = stored(files.encoded(image, kind, icc_profile=files.p3_profile(), **options))
    assert clean.mode == "RGBA"
    for i, (*colour, alpha) in enumerate(colours):
        *found, found_alpha = files.middle(clean, i)
        assert is_near(tuple(found), files.srgb_of_p3(tuple(colour)))
        assert found_alpha == alpha


def test_palette_with_a_profile_is_converted():
    image = files.patches("RGB", COLOURS).quantize(8)
    clean = stored(files.encoded(image, icc_profile=files.p3_profile()))
    for i, colour in enumerate(COLOURS):
        assert is_near(files.middle(clean, i), files.srgb_of_p3(colour), 3), colour


# Mutation: with `image.convert("RGB")` instead of the profile, cyan is (0, 255, 255).
def test_cmyk_is_converted_with_its_profile():
    inks = {"paper": (0, 0, 0, 0), "c": (255, 0, 0, 0), "m": (0, 255, 0, 0), "y": (0, 0, 255, 0)}
    image = files.patches("CMYK", [*inks.values(), (0, 0, 0, 255)])
    data = files.encoded(image, "JPEG", quality=100, icc_profile=files.cmyk_profile())
    clean = stored(data, "a.jpg")
    assert clean.mode == "RGB"
    for i, name in enumerate(inks):
        assert is_near(files.middle(clean, i), files.srgb_of_lab(*files.INKS[name])), name
    assert is_near(files.middle(clean, 4), files.srgb_of_lab(16, 0, 0))


def test_cmyk_without_a_profile_is_mixed_from_its_inks():
    image = files.patches("CMYK", [(0, 0, 0, 0), (255, 0, 0, 0), (0, 128, 255, 0), (0, 0, 0, 102)])
    clean = stored(files.encoded(image, "JPEG", quality=100), "a.jpg")
    expected = [(255, 255, 255), (0, 255, 255), (255, 127, 0), (153, 153, 153)]
    assert all(is_near(files.middle(clean, i), colour) for i, colour in enumerate(expected))


# Mutation: without `_from_16_bits` every shade above 255 of 65,535 becomes white.
def test_16_bit_grey_keeps_its_shades():
    shades = [0, 255, 256, 12_850, 32_896, 65_535]
    clean = stored(files.png_16_bits([(shade,) for shade in shades]))
    found = [files.middle(clean, i) for i in range(len(shades))]
    assert found == [(0,) * 3, (1,) * 3, (1,) * 3, (50,) * 3, (128,) * 3, (255,) * 3]


def test_16_bit_grey_keeps_its_transparent_shade():
    clean = stored(files.png_16_bits([(12_850,), (12_851,)], transparent=(12_850,)))
    assert [files.middle(clean, i) for i in range(2)] == [(50, 50, 50, 0), (50, 50, 50, 255)]


def test_16_bit_colour_and_alpha_become_8_bits():
    clean = stored(files.png_16_bits([(51_400, 25_700, 12_850), (65_535, 0, 257)]))
    assert [files.middle(clean, i) for i in range(2)] == [(200, 100, 50), (255, 0, 1)]
    clean = stored(files.png_16_bits([(51_400, 25_700, 12_850, 32_896)]))
    assert files.middle(clean, 0) == (200, 100, 50, 128)
    clean = stored(files.png_16_bits([(51_400, 32_896)]))
    assert files.middle(clean, 0) == (200, 200, 200, 128)


def test_palette_with_transparency_keeps_both():
    image = files.patches("P", [0, 1, 2])
    image.putpalette([200, 100, 50, 20, 180, 90, 60, 70, 220])
    clean = stored(files.encoded(image, transparency=bytes([255, 128, 0])))
    expected = [(200, 100, 50, 255), (20, 180, 90, 128), (60, 70, 220, 0)]
    assert [files.middle(clean, i) for i in range(3)] == expected


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("1", 1, (255, 255, 255)),
        ("L", 100, (100, 100, 100)),
        ("LA", (100, 50), (100, 100, 100, 50)),
        ("RGB", (200, 100, 50), (200, 100, 50)),
        ("RGBA", (200, 100, 50, 60), (200, 100, 50, 60)),
    ],
)
def test_every_mode_becomes_rgb_or_rgba(mode: str, colour: object, expected: tuple[int, ...]):
    assert files.middle(stored(files.encoded(files.patches(mode, [colour]))), 0) == expected


def test_transparent_colour_of_a_png_without_alpha_is_kept():
    image = files.patches("RGB", [(200, 100, 50), (0, 0, 0)])
    clean = stored(files.encoded(image, transparency=(200, 100, 50)))
    assert [files.middle(clean, i)[3] for i in range(2)] == [0, 255]


def test_transparency_becomes_white_where_it_must_not_stay():
    data = files.encoded(files.patches("RGBA", [(0, 0, 0, 0), (0, 0, 0, 128)]))
    clean = stored(data, on_white=True)
    assert [files.middle(clean, i) for i in range(2)] == [(255, 255, 255), (127, 127, 127)]


@pytest.mark.parametrize("profile", [b"SecretProfile", files.cmyk_profile(), b""])
def test_profile_that_does_not_fit_is_ignored(profile: bytes):
    clean = stored(files.encoded(files.patches("RGB", COLOURS), icc_profile=profile))
    assert [files.middle(clean, i) for i in range(5)] == COLOURS


# --- Orientation, size, metadata -----------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_image_is_turned_upright(orientation: int, kind: str):
    # Where the top left corner of the file belongs in the upright image (x, y).
    corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0), (1, 0), (1, 1), (0, 1)]
    image = Image.new("RGB", (64, 32), "white")
    image.paste((200, 0, 0), (0, 0, 16, 16))
    clean = stored(files.encoded(image, kind, exif=files.exif(orientation))).convert("RGB")
    assert clean.size == ((64, 32) if orientation < 5 else (32, 64))
    x, y = corners[orientation - 1]
    pixel = clean.getpixel((x * (clean.width - 1), y * (clean.height - 1)))
    assert is_near(pixel, (200, 0, 0), 8)  # WebP and JPEG store half the colour resolution
    opposite = ((1 - x) * (clean.width - 1), (1 - y) * (clean.height - 1))
    assert is_near(clean.getpixel(opposite), (255, 255, 255), 8)


# Mutation: with `converted.info` left alone, the PNG keeps its comment and its profile.
@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *(("JPEG", mode) for mode in ("RGB", "CMYK", "L")),
        *(("PNG", mode) for mode in ("RGB", "RGBA", "L", "LA", "P")),
        *(("WEBP", mode) for mode in ("RGB", "RGBA")),
    ],
)
def test_no_metadata_is_left(kind: str, mode: str):
    options = {"exif": files.exif(6), "icc_profile": files.p3_profile()}
    xmp = b"<x:xmpmeta>" + files.SECRET + b"</x:xmpmeta>"
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Author", files.SECRET.decode())
        text.add_itxt("XML:com.adobe.xmp", xmp.decode())
        options["pnginfo"] = text
    else:
        options["xmp"] = xmp
    if kind == "JPEG":
        options["comment"] = files.SECRET
    image = Image.effect_noise((64, 32), 200).convert(mode)  # no drawing, so JPEG stays JPEG
    data = files.encoded(image, kind, **options) + b"PK\x03\x04" + files.SECRET
    assert data.count(files.SECRET) >= 3
    encoded = reencode(SimpleUploadedFile("a", data))
    assert files.SECRET not in encoded.data
    allowed = {"IHDR", "IDAT", "IEND"} if encoded.name.endswith("png") else JPEG_SEGMENTS
    assert files.parts_of(encoded.data) <= allowed
    with Image.open(io.BytesIO(encoded.data)) as again:
        assert not again.getexif()
        assert {"icc_profile", "exif", "xmp", "comment", "Author"}.isdisjoint(again.info)


#: JFIF, quantization, progressive frame, Huffman tables. No Exif (E1), profile (E2), text (FE).
JPEG_SEGMENTS = {"E0", "DB", "C2", "C4"}


def test_broken_metadata_does_not_reject_an_image():
    data = files.encoded(files.patches("RGB", COLOURS), exif=b"Exif\0\0MM\0*\0\0\xff\xff\xff\xff")
    assert files.middle(stored(data), 0) == COLOURS[0]


def test_large_image_is_scaled_to_its_box():
    clean = stored(files.encoded(Image.new("RGB", (4000, 1000), "red")))
    assert clean.size == (3000, 750)
    data = files.encoded(Image.new("RGB", (40, 4000), "red"), exif=files.exif(6))
    assert stored(data, box=(2000, 100)).size == (2000, 20)


def test_photo_with_a_second_image_is_accepted():
    """Phones store a preview or a depth map in the same file (MPO)."""
    first, second = Image.new("RGB", (32, 16), (200, 100, 50)), Image.new("RGB", (32, 16))
    data = files.encoded(first, "MPO", save_all=True, append_images=[second])
    assert is_near(files.middle(stored(data, "a.jpg"), 0), (200, 100, 50))


def test_drawing_stays_sharp_and_photo_becomes_a_jpeg():
    drawing = Image.new("RGB", (64, 64), (12, 34, 56))
    assert stored(files.encoded(drawing)).format == "PNG"
    assert stored(files.encoded(drawing), always_jpeg=True).format == "JPEG"
    photo = Image.merge("RGB", [Image.effect_noise((128, 128), 200) for _ in range(3)])
    assert stored(files.encoded(photo)).format == "JPEG"


def test_file_is_named_after_its_content():
    red, blue = (files.encoded(Image.new("RGB", (9, 9), name)) for name in ("red", "blue"))
    names = [reencode(SimpleUploadedFile("front.png", data)).name for data in (red, blue, red)]
    assert names[0] != names[1]
    assert names[0] == names[2]
    assert "front" not in names[0]


# --- Rejected ------------------------------------------------------------------------------------


def _animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (20, 10), colour) for colour in ("red", "blue")]
    return files.encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def _bomb(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return files.png_file([(b"IHDR", header), (b"IDAT", b"x"), (b"IEND", b"")])


_NOISE = Image.effect_noise((200, 200), 200)
UNREADABLE = "a.png cannot be read. Please use JPEG, PNG or WebP."
TOO_LARGE = "a.png has too many pixels. Please choose a smaller image."
ANIMATED = "a.png is animated. Please choose an image that does not move."


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (_animated("PNG"), ANIMATED),
        (_animated("WEBP"), ANIMATED),
        (_animated("GIF"), UNREADABLE),
        (files.encoded(_NOISE, "JPEG")[:3000], UNREADABLE),
        (files.encoded(_NOISE)[:3000], UNREADABLE),
        (files.encoded(_NOISE, "WEBP")[:3000], UNREADABLE),
        (files.encoded(_NOISE)[:60], UNREADABLE),
        (files.encoded(_NOISE, "TIFF"), UNREADABLE),
        (files.encoded(_NOISE, "AVIF"), UNREADABLE),
        (b"\0\0\0\x18ftypheic" + bytes(200), UNREADABLE),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", UNREADABLE),
        (b"%PDF-1.7", UNREADABLE),
        (b"\x89PNG\r\n\x1a\n", UNREADABLE),
        (_bomb(4001, 4000), TOO_LARGE),
        (_bomb(10_000, 10_000), TOO_LARGE),  # Pillow warns
        (_bomb(60_000, 60_000), TOO_LARGE),  # Pillow refuses
        (_bomb(0, 10), UNREADABLE),
        (b"", "The submitted file is empty."),
        (bytes(10 * 1024 * 1024 + 1), "a.png is larger than 10 MB."),
    ],
    ids=[
        "apng", "animated webp", "gif", "cut jpeg", "cut png", "cut webp", "cut header", "tiff",
        "avif", "heic", "svg", "pdf", "signature", "16 megapixels", "100 megapixels",
        "3600 megapixels", "no width", "empty", "11 MB",
    ],
)  # fmt: skip
def test_upload_that_is_no_still_image_is_rejected_with_a_clear_message(data: bytes, message: str):
    with pytest.raises(ValidationError) as error:
        ImageUploadField().clean(SimpleUploadedFile("a.png", data, "image/png"))
    assert error.value.messages == [message]


def test_image_of_extreme_proportions_is_stored_or_rejected():
    assert stored(files.encoded(Image.new("RGB", (70_000, 1), "red"))).size == (3000, 1)


def test_error_of_the_encoder_is_a_clear_message(monkeypatch: pytest.MonkeyPatch):
    def fail(*args: object, **options: object) -> None:
        raise OSError("encoder error -2")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(InvalidImage, match=r"a\.png cannot be read"):
        reencode(SimpleUploadedFile("a.png", files.png_16_bits([(1,)])))


# --- Where they are uploaded ---------------------------------------------------------------------

#: Fields for other files than images. The address of each is its form and its name.
NO_IMAGES = {  # CSV, parsed and not stored; images of imports are re-encoded one by one
    ("UploadForm", "file"), ("ParcelFile", "file"),
}  # fmt: skip
CLEAN = (ImageUploadField, AttachmentField, PhotosField, PdfField)


def _subclasses(cls: type) -> set[type]:
    return {each for direct in cls.__subclasses__() for each in (direct, *_subclasses(direct))}


# Mutation: without `image` in CategoryForm, ("CategoryForm", "image") is not clean.
def test_every_upload_field_of_our_forms_re_encodes_images():
    for package in PACKAGES:
        module = importlib.import_module(package)
        for found in pkgutil.walk_packages(module.__path__, f"{package}."):
            if ".migrations." not in found.name and "commands" not in found.name:
                importlib.import_module(found.name)
    fields = {
        (form.__name__, name): field
        for form in _subclasses(forms.BaseForm)
        if form.__module__.split(".")[0] in PACKAGES
        for name, field in form.base_fields.items()
        if isinstance(field, forms.FileField)
    }
    assert {("CategoryForm", "image"), ("ImageForm", "file")} < {*fields}
    unclean = {key for key, field in fields.items() if not isinstance(field, CLEAN)}
    assert unclean == NO_IMAGES


def test_every_file_of_a_model_is_uploaded_through_a_clean_field(admin_user, rf):
    request = rf.get("/")
    request.user = admin_user
    found = set()
    for model, model_admin in admin.site._registry.items():
        for field in model._meta.get_fields():
            if isinstance(field, FileField) and field.editable:  # not files of imports
                form = model_admin.get_form(request, change=False)
                assert isinstance(form.base_fields[field.name], CLEAN), field
                found.add(f"{model.__name__}.{field.name}")
    assert found == {"Category.image", "CampaignImage.file", "ManualRevision.file"}


@pytest.mark.parametrize("kind", [ProductAttribute.IMAGE, ProductAttribute.FILE])
def test_attribute_of_a_product_re_encodes_an_image(kind: str):
    field = attribute_field(ProductAttribute(name="Photo", type=kind), required=False)
    data = files.encoded(files.patches("RGB", COLOURS), "JPEG", exif=files.exif(6))
    clean = field.clean(SimpleUploadedFile("a.jpg", data))
    assert isinstance(clean, EncodedImage)
    assert files.SECRET not in clean.data
    assert clean.width < clean.height


def test_attachment_that_is_no_image_stays_as_it_is():
    upload = SimpleUploadedFile("manual.pdf", b"%PDF-1.7 and the rest")
    assert AttachmentField().clean(upload).read() == b"%PDF-1.7 and the rest"
    with pytest.raises(ValidationError, match="is animated"):
        AttachmentField().clean(SimpleUploadedFile("a.pdf", _animated("PNG")))
    with pytest.raises(ValidationError, match="too many pixels"):
        AttachmentField().clean(SimpleUploadedFile("a.pdf", _bomb(60_000, 60_000)))
    for brand in (b"heic", b"mif1", b"crx "):
        photo = SimpleUploadedFile("a.heic", b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0 GPS 52.13 N")
        with pytest.raises(ValidationError, match="Please use JPEG, PNG or WebP"):
            AttachmentField().clean(photo)
    assert image_uploads.FORMATS == ("JPEG", "PNG", "WEBP")
