"""Renditions, and how they are stored."""

import io

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from catalog.models import Product, ProductImage
from catalog.pictures import fallback_url, make_renditions, rendition_name, sources, srcset
from catalog.renditions import render, widths


def _upload(content: bytes, name: str = "a.png") -> ProductImage:
    product = Product.objects.create(title="Part", structure=Product.STANDALONE)
    place = default_storage.save(f"test/{name}", ContentFile(content))
    return ProductImage.objects.create(product=product, original=place)


def _picture(width: int, height: int, mode: str = "RGB", kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height), 120).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("original", "expected"),
    [(1200, [320, 640, 1200]), (2400, [320, 640, 1200]), (500, [320, 500]), (40, [40]), (0, [])],
)
def test_copies_are_never_larger_than_the_original(original, expected):
    assert widths(original) == expected


def test_renditions_are_avif_and_webp_of_the_right_size():
    rendered = render(_picture(1000, 500))
    assert (rendered.width, rendered.height) == (1000, 500)
    assert sorted(rendered.copies) == [
        "w1000.avif", "w1000.webp", "w320.avif", "w320.webp", "w640.avif", "w640.webp",
    ]  # fmt: skip
    for ending, content in rendered.copies.items():
        with Image.open(io.BytesIO(content)) as copy:
            assert copy.size == (int(ending[1:].split(".")[0]), copy.width // 2)
            assert copy.format == ending.rpartition(".")[2].upper()


@pytest.mark.django_db
def test_an_uploaded_picture_gets_copies_beside_it_and_its_size_on_the_row():
    image = _upload(_picture(700, 350, "RGBA"))
    assert make_renditions(image)
    image.refresh_from_db()
    assert (image.width, image.height) == (700, 350)
    for width in (320, 640, 700):
        assert default_storage.exists(rendition_name(image.original.name, width, "avif"))
    assert [kind for kind, _ in sources(image)] == ["image/avif", "image/webp"]
    assert srcset(image, "webp").count("w,") == 2
    assert fallback_url(image).endswith(".w640.webp")
    assert make_renditions(image)  # again: the same files, none beside them
    assert len(default_storage.listdir("test")[1]) == len(set(default_storage.listdir("test")[1]))


@pytest.mark.django_db
@pytest.mark.parametrize("content", [b"", b"not a picture", _picture(60, 60)[:80]])
def test_a_broken_upload_keeps_its_row_and_has_no_copies(content):
    image = _upload(content, "broken.png")
    assert not make_renditions(image)
    image.refresh_from_db()
    assert (image.width, image.height) == (0, 0)
    assert list(sources(image)) == []
    assert fallback_url(image) == image.original.url


@pytest.mark.django_db
def test_a_picture_of_one_pixel_has_copies_of_one_pixel():
    image = _upload(_picture(1, 1), "dot.png")
    assert make_renditions(image)
    assert fallback_url(image).endswith(".w1.webp")
