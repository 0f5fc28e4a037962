"""Product drawings: one to four images for each product of the seed."""

import re

import pytest

from catalog.seed.drawing.lettering import GLYPHS, strokes, text_path, text_width
from catalog.seed.drawing.registry import pictures_of
from catalog.seed.images import subjects


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
