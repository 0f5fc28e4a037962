"""Loading the drawn images: files in the storage, rows in the database."""

import pytest
from django.core.files.storage import default_storage

from catalog.models import Product, ProductImage
from catalog.seed import images
from catalog.seed.drawing.raster import draw
from catalog.seed.drawing.subject import subjects
from catalog.seed.images import FOLDER, load_images

PAIR = {"MF-AP-MAYFLY", "MF-GL-PVA"}


@pytest.fixture(autouse=True)
def _empty_storage():
    yield
    if default_storage.exists(FOLDER):
        for name in default_storage.listdir(FOLDER)[1]:
            default_storage.delete(f"{FOLDER}/{name}")


def _load(skus: set[str]) -> int:
    with images.drawing(skus) as drawn:
        return load_images(drawn, progress=lambda what, done, total: None)


def _product(sku: str, title: str) -> Product:
    return Product.objects.create(upc=sku, title=title, structure=Product.STANDALONE)


def test_worker_processes_draw_the_same_bytes_in_the_same_order_as_this_one(monkeypatch):
    specs = [subject for subject in subjects() if subject.product_class == "glue"]
    skus = {spec.sku for spec in specs}
    monkeypatch.setattr(images, "FEW", len(specs) + 1)
    with images.drawing(skus) as drawn:
        serial = list(drawn.images)
    monkeypatch.setattr(images, "FEW", 1)
    monkeypatch.setattr(images, "_cores", lambda: 2)
    with images.drawing(skus) as drawn:
        parallel = list(drawn.images)
    assert drawn.products == len(specs) == len(serial)
    assert parallel == serial
    assert all(image.png for drawn_images in parallel for image in drawn_images)
    assert [draw(spec) for spec in specs] == serial


def test_pool_has_one_process_per_core_that_may_be_used(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {0, 3, 5})
    assert images._cores() == 3


@pytest.mark.django_db
def test_second_run_draws_nothing_even_for_a_new_database():
    _product("MF-AP-MAYFLY", "Mayfly 3.6 g airplane")
    _product("MF-GL-PVA", "White glue 30 ml")
    assert _load(PAIR) == 6
    rows = ProductImage.objects.filter(product__upc="MF-AP-MAYFLY").order_by("display_order")
    assert [(row.width, row.height) for row in rows] == [(1200, 900)] * 4
    assert rows[0].caption == "Mayfly 3.6 g airplane: three-quarter view"
    assert default_storage.size(rows[0].original.name) > 10_000
    assert _load(PAIR) == 0
    assert ProductImage.objects.count() == 6
    ProductImage.objects.all().delete()
    assert _load(PAIR) == 0
    assert set(ProductImage.objects.values_list("width", "height")) == {(1200, 900)}
    assert ProductImage.objects.count() == 6


@pytest.mark.django_db
def test_file_that_an_interrupted_run_left_empty_is_drawn_again():
    product = _product("MF-GL-PVA", "White glue 30 ml")
    assert _load({"MF-GL-PVA"}) == 2
    name = product.images.first().original.name
    with default_storage.open(name, "wb") as file:
        file.truncate(0)
    assert default_storage.size(name) == 0
    assert _load({"MF-GL-PVA"}) == 1
    assert default_storage.size(name) > 10_000
    assert product.images.count() == 2


@pytest.mark.django_db
def test_second_run_refreshes_captions():
    product = _product("MF-GL-PVA", "White glue 30 ml")
    _load({"MF-GL-PVA"})
    Product.objects.update(title="Hide glue")
    pk = product.images.first().pk
    _load({"MF-GL-PVA"})
    assert product.images.first().caption == "Hide glue: three-quarter view"
    assert product.images.first().pk == pk


@pytest.mark.django_db
def test_images_of_staff_stay_and_drawings_that_changed_are_replaced():
    product, copy = _product("MF-GL-PVA", "White glue 30 ml"), _product("SYN-000001", "A copy")
    ProductImage.objects.create(product=product, original="staff/own.jpg", display_order=8)
    old = "images/products/seed/mf-gl-pva-1-0000000000.png"
    for owner in (product, copy):
        ProductImage.objects.create(product=owner, original=old, display_order=0, width=1200)
    _load({"MF-GL-PVA"})
    names = set(ProductImage.objects.filter(product=product).values_list("original", flat=True))
    assert "staff/own.jpg" in names
    assert old not in names
    assert len(names) == 3
    assert not copy.images.exists()
