"""Product images on pages: measured when uploaded, offered in several sizes."""

import io

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from catalog.images import fallback_url, measure, sources, srcset
from catalog.models import Product, ProductImage


def _upload(content: bytes, name: str = "a.png") -> ProductImage:
    product = Product.objects.create(title="Part", structure=Product.STANDALONE)
    place = default_storage.save(f"test/{name}", ContentFile(content))
    return ProductImage.objects.create(product=product, original=place)


def _file(width: int, height: int, mode: str = "RGB", kind: str = "PNG", **options) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height), 120).save(out, kind, **options)
    return out.getvalue()


@pytest.mark.django_db
def test_measured_upload_is_offered_in_sizes_up_to_its_own():
    image = _upload(_file(700, 350, "RGBA"))
    assert measure(image)
    image.refresh_from_db()
    assert (image.width, image.height) == (700, 350)
    assert [media_type for media_type, _ in sources(image)] == ["image/avif", "image/webp"]
    base = f"/renditions/{image.original.name}"
    assert srcset(image, "webp") == (
        f"{base}.w320.webp 320w, {base}.w640.webp 640w, {base}.w700.webp 700w"
    )
    assert srcset(image, "avif", at_most=640) == f"{base}.w320.avif 320w, {base}.w640.avif 640w"
    assert fallback_url(image) == f"{base}.w640.webp"
    assert fallback_url(image, 320) == f"{base}.w320.webp"


@pytest.mark.django_db
def test_photo_that_lies_on_its_side_is_measured_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90 degrees
    image = _upload(_file(400, 100, kind="JPEG", exif=exif), "turned.jpg")
    assert measure(image)
    image.refresh_from_db()
    assert (image.width, image.height) == (100, 400)


@pytest.mark.django_db
@pytest.mark.parametrize("content", [b"", b"not a picture", _file(60, 60)[:80]])
def test_broken_upload_keeps_its_row_and_shows_the_original(content):
    image = _upload(content, "broken.png")
    assert not measure(image)
    image.refresh_from_db()
    assert (image.width, image.height) == (0, 0)
    assert list(sources(image)) == []
    assert fallback_url(image) == image.original.url


@pytest.mark.django_db
def test_image_of_too_many_pixels_is_not_measured(monkeypatch):
    monkeypatch.setattr("catalog.renditions.MAX_PIXELS", 699 * 350)
    image = _upload(_file(700, 350), "large.png")
    assert not measure(image)
    assert fallback_url(image) == image.original.url


@pytest.mark.django_db
def test_image_of_one_pixel_is_offered_in_one_pixel():
    image = _upload(_file(1, 1), "dot.png")
    assert measure(image)
    assert fallback_url(image).endswith("dot.png.w1.webp")
