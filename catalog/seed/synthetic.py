"""A large catalogue for benchmarks: variations of the seed's products."""

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from django.db import transaction
from django.utils.text import slugify

from catalog import read_model
from catalog.models import (
    Product,
    ProductAttributeValue,
    ProductCategory,
    ProductFacts,
    ProductImage,
)
from catalog.partner.models import StockRecord

BATCH = 1000
PREFIX = "SYN-"

Progress = Callable[[str, int, int], None]
Copied = TypeVar("Copied", ProductAttributeValue, ProductImage, ProductFacts)


def load_synthetic(size: int, *, progress: Progress) -> None:
    """Create synthetic products up to `size`; they are the same on every machine.

    Each is a variation on a standalone product of the seed: its class, category, attributes and
    images, with a title, SKU, price, weight and stock of its own.
    """
    models = list(
        Product.objects.filter(structure=Product.STANDALONE)
        .exclude(upc__startswith=PREFIX)
        .select_related("facts")
        .prefetch_related("attribute_values", "images", "stockrecords", "productcategory_set")
        .order_by("upc")
    )
    start = Product.objects.filter(upc__startswith=PREFIX).count()
    for first in range(start, size, BATCH):
        numbers = range(first, min(first + BATCH, size))
        _load_batch(numbers, models)
        progress("synthetic products", numbers[-1] + 1, size)


@transaction.atomic
def _load_batch(numbers: range, models: list[Product]) -> None:
    pairs = [(_product(n, models[n % len(models)]), models[n % len(models)]) for n in numbers]
    Product.objects.bulk_create(product for product, _ in pairs)
    StockRecord.objects.bulk_create(
        _stock(n, *pair) for n, pair in zip(numbers, pairs, strict=True)
    )
    ProductCategory.objects.bulk_create(
        ProductCategory(product=product, category_id=link.category_id)
        for product, model in pairs
        for link in model.productcategory_set.all()
    )
    ProductAttributeValue.objects.bulk_create(
        _copy(value, product) for product, model in pairs for value in model.attribute_values.all()
    )
    ProductImage.objects.bulk_create(
        _copy(image, product) for product, model in pairs for image in model.images.all()
    )
    ProductFacts.objects.bulk_create(_copy(model.facts, product) for product, model in pairs)
    read_model.refresh(product for product, _ in pairs)


def _product(number: int, model: Product) -> Product:
    title = f"{model.title} no. {number + 1}"
    return Product(
        upc=f"{PREFIX}{number + 1:06d}",
        title=title,
        slug=slugify(title),
        structure=Product.STANDALONE,
        product_class_id=model.product_class_id,
        description=model.description,
        weight_g=model.weight_g + Decimal(number % 97) / 10,
        ships_to=model.ships_to,
    )


def _stock(number: int, product: Product, model: Product) -> StockRecord:
    record = model.stockrecords.all()[0]
    return StockRecord(
        product=product,
        partner_id=record.partner_id,
        partner_sku=product.upc or "",
        price_currency=record.price_currency,
        price=(record.price or Decimal(1)) + Decimal(number % 40),
        num_in_stock=number * 7 % 60,  # about one in sixty is sold out
        low_stock_threshold=record.low_stock_threshold,
    )


def _copy(row: Copied, product: Product) -> Copied:
    """Return a copy of the row for another product, not saved."""
    fields = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
    twin = type(row)(**{name: getattr(row, name) for name in fields})
    twin.product = product
    return twin
