"""Drawings, renditions, and how they are kept."""

import io
import re

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from catalog.drawing.lettering import GLYPHS, strokes, text_path, text_width
from catalog.drawing.registry import pictures_of
from catalog.models import Product, ProductImage
from catalog.pictures import fallback_url, make_renditions, rendition_name, sources, srcset
from catalog.renditions import render, widths
from catalog.seed.pictures import load_pictures, subjects


def _silent(what: str, done: int, total: int) -> None:
    pass


def _product(sku: str, title: str) -> Product:
    return Product.objects.create(upc=sku, title=title, structure=Product.STANDALONE)


def _upload(content: bytes, name: str = "a.png") -> ProductImage:
    product = Product.objects.create(title="Part", structure=Product.STANDALONE)
    place = default_storage.save(f"test/{name}", ContentFile(content))
    return ProductImage.objects.create(product=product, original=place)


def _picture(width: int, height: int, mode: str = "RGB", kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height), 120).save(out, kind)
    return out.getvalue()


@pytest.fixture(scope="module")
def drawings():
    return {subject.sku: (subject, pictures_of(subject)) for subject in subjects()}


def test_every_product_has_one_to_four_pictures_that_differ(drawings):
    assert len(drawings) == 167
    counts = [len(pictures) for _, pictures in drawings.values()]
    assert min(counts) >= 1
    assert max(counts) == 4
    svgs = [picture.svg for _, pictures in drawings.values() for picture in pictures]
    assert len(set(svgs)) == len(svgs)


def test_drawings_stay_on_their_sheet(drawings):
    for sku, (_, pictures) in drawings.items():
        for picture in pictures:
            for data in re.findall(r'<path d="([^"]+)" stroke="#12232e"', picture.svg):
                numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", data)]
                assert min(numbers[0::2]) >= -2, sku
                assert max(numbers[0::2]) <= 1202, sku
                assert min(numbers[1::2]) >= -2, sku
                assert max(numbers[1::2]) <= 902, sku


def test_the_plan_of_the_hero_names_its_span_and_length(drawings):
    _, pictures = drawings["MF-AP-MAYFLY"]
    assert [picture.caption for picture in pictures] == [
        "three-quarter view",
        "PLAN VIEW with dimensions",
        "SIDE VIEW with dimensions",
        "beside a coin of 26.5 mm",
    ]


def test_figures_all_take_the_same_width_and_every_letter_is_drawn():
    assert len({text_width(digit, 24) for digit in "0123456789"}) == 1
    assert all(strokes(letter) for letter in GLYPHS if letter != " ")
    assert text_path("3.6 g", 0, 10, 6) == text_path("3.6 g", 0, 10, 6)


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


@pytest.mark.django_db
def test_the_seed_draws_once_and_stores_size_and_words():
    _product("MF-AP-MAYFLY", "Mayfly 3.6 g airplane")
    _product("MF-GL-PVA", "White glue 30 ml")
    assert load_pictures(progress=_silent, only={"MF-AP-MAYFLY", "MF-GL-PVA"}) == 6
    images = ProductImage.objects.filter(product__upc="MF-AP-MAYFLY").order_by("display_order")
    assert [(i.width, i.height) for i in images] == [(1200, 900)] * 4
    assert images[0].caption == "Mayfly 3.6 g airplane: three-quarter view"
    assert default_storage.exists(rendition_name(images[0].original.name, 320, "avif"))
    assert load_pictures(progress=_silent, only={"MF-AP-MAYFLY", "MF-GL-PVA"}) == 0
    assert ProductImage.objects.count() == 6
    ProductImage.objects.all().delete()  # a new database beside the same files
    assert load_pictures(progress=_silent, only={"MF-AP-MAYFLY", "MF-GL-PVA"}) == 0
    assert set(ProductImage.objects.values_list("width", "height")) == {(1200, 900)}
    assert ProductImage.objects.count() == 6


@pytest.mark.django_db
def test_pictures_of_staff_stay_and_drawings_that_changed_are_replaced():
    product = _product("MF-GL-PVA", "White glue 30 ml")
    ProductImage.objects.create(product=product, original="staff/own.jpg", display_order=8)
    old = "images/products/seed/mf-gl-pva-1-0000000000.png"
    ProductImage.objects.create(product=product, original=old, display_order=0, width=1200)
    load_pictures(progress=_silent, only={"MF-GL-PVA"})
    names = set(ProductImage.objects.filter(product=product).values_list("original", flat=True))
    assert "staff/own.jpg" in names
    assert old not in names
    assert len(names) == 3
