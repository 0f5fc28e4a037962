"""Loading the drawn images: files in the storage, rows in the database."""

import pytest
from django.core.files.storage import default_storage

from catalog.models import Product, ProductImage
from catalog.pictures import rendition_name
from catalog.seed.pictures import load_pictures


def _silent(what: str, done: int, total: int) -> None:
    pass


def _product(sku: str, title: str) -> Product:
    return Product.objects.create(upc=sku, title=title, structure=Product.STANDALONE)


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
