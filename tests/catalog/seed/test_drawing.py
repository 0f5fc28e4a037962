"""Product drawings: one to four images for each product of the seed."""

import re

import pytest

from catalog.seed.drawing.geometry import FRONT, PLAN, SIDE, Camera, corners, normal
from catalog.seed.drawing.model import Model
from catalog.seed.drawing.palette import INK
from catalog.seed.drawing.registry import images_of
from catalog.seed.drawing.shape_tables import load_model
from catalog.seed.drawing.stroke_font import GLYPHS, text_lines, text_width
from catalog.seed.drawing.subject import subjects
from catalog.seed.drawing.views import measured


@pytest.fixture(scope="module")
def drawings():
    return {subject.sku: (subject, images_of(subject)) for subject in subjects()}


def test_products_have_one_to_four_different_images(drawings):
    assert len(drawings) == 173
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


def test_variant_with_the_hint_has_one_image_of_its_own(drawings):
    subject, images = drawings["MF-BT-020-JST"]
    assert [image.caption for image in images] == ["three-quarter view"]
    assert subject.figures["connector"] == "1.25 mm plug"
    assert subject.figures["capacity_mah"] == "20"
    assert "MF-BT-030-JST" not in drawings


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
    assert all(text_lines(letter, 6) for letter in GLYPHS if letter != " ")
    assert text_lines("1", 12) == [[(1.8, -9.6), (4.8, -12.0), (4.8, 0.0)]]


# Mutation: `_places` returns the places of the last step only.
def test_table_repeats_a_shape_in_a_grid():
    panel = load_model("toy", "rover").parts
    cells = [part for part in panel if part.layer == 6]
    assert len(cells) == 15
    lows = sorted(
        {(min(p[0] for p in cell.points()), min(p[1] for p in cell.points())) for cell in cells}
    )
    assert lows[:3] == [(2, -32), (2, -10), (2, 12)]
    assert lows[-1] == (74, 12)


# Mutation: `across` keeps the direction of the outline.
def test_sides_of_a_prism_look_outwards_on_every_axis():
    for axis, camera in (("x", SIDE), ("y", Camera(180, 0)), ("z", PLAN)):
        model = Model()
        model.prism(axis, (0, 10), [(0, 0), (0, 4), (4, 4), (4, 0)])
        high = model.parts[0].shapes[-1]
        assert camera.nearness(normal(high.lines[0])) == pytest.approx(1)


# Mutation: `measured` ignores `body`.
def test_measured_view_writes_the_sizes_of_the_body_only():
    model, body = Model(), corners((0, 0, 0), (16.5, 8, 0.28))
    model.box((-5, 0, 0), (40, 8, 0.28))
    view = measured("SIDE VIEW", FRONT, model, body=body, wide="top", marks=("⌀", ""))
    assert [(line.text, line.side) for line in view.dimensions] == [
        ("⌀16.5", "top"),
        ("0.28", "right"),
    ]
