"""Product drawings: one to four images for each product of the seed."""

import re

import pytest

from catalog.seed.drawing.palette import INK
from catalog.seed.drawing.registry import images_of
from catalog.seed.drawing.stroke_font import GLYPHS, strokes, text_path, text_width
from catalog.seed.images import subjects


@pytest.fixture(scope="module")
def drawings():
    return {subject.sku: (subject, images_of(subject)) for subject in subjects()}


def test_products_have_one_to_four_different_images(drawings):
    assert len(drawings) == 167
    counts = [len(images) for _, images in drawings.values()]
    assert min(counts) >= 1
    assert max(counts) == 4
    svgs = [image.svg for _, images in drawings.values() for image in images]
    assert len(set(svgs)) == len(svgs)


def test_drawings_stay_inside_the_image(drawings):
    for sku, (_, images) in drawings.items():
        for image in images:
            for data in re.findall(rf'<path d="([^"]+)" stroke="{INK}"', image.svg):
                numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", data)]
                assert min(numbers[0::2]) >= -2, sku
                assert max(numbers[0::2]) <= 1202, sku
                assert min(numbers[1::2]) >= -2, sku
                assert max(numbers[1::2]) <= 902, sku


def test_airplane_has_four_standard_images(drawings):
    _, images = drawings["MF-AP-MAYFLY"]
    assert [image.caption for image in images] == [
        "three-quarter view",
        "PLAN VIEW with dimensions",
        "SIDE VIEW with dimensions",
        "beside a coin of 26.5 mm",
    ]


def test_digits_have_equal_width_and_letters_are_drawn():
    assert len({text_width(digit, 24) for digit in "0123456789"}) == 1
    assert all(strokes(letter) for letter in GLYPHS if letter != " ")
    assert text_path("3.6 g", 0, 10, 6) == text_path("3.6 g", 0, 10, 6)
