"""Products, their attribute values, categories and relations.

A second run refreshes what the files say about a product: title, description, weight,
attributes, category, related products. It leaves alone what staff change: facts
(`facts.py`), price, stock, expected delivery (see `stock.py`), whether the product is public,
images added by staff.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from html import escape

from django.utils.text import slugify

from catalog.models import (
    Category,
    Product,
    ProductAttribute,
    ProductAttributeValue,
    ProductCategory,
    ProductClass,
    ProductRecommendation,
)
from catalog.seed.tables import Row, descriptions, product_rows, read_table

# Products on the home page, the first one at the top; staff change this by the priority.
FRONT_PAGE = (
    "MF-AP-MAYFLY", "MF-AP-MIDGE", "MF-SS-MAYFLY", "MF-AP-LACEWING", "MF-RX-2CH",
    "MF-AP-SAMARA", "MF-MT-4X8", "MF-AC-STD", "MF-BT-020",
)  # fmt: skip
PRIORITIES = {sku: 100 - place for place, sku in enumerate(FRONT_PAGE)}

REFRESHED = [
    "title",
    "slug",
    "description",
    "structure",
    "parent",
    "product_class",
    "weight_g",
]


def load_products(
    classes: dict[str, ProductClass], categories: dict[str, Category]
) -> dict[str, Product]:
    """Every product of the seed by SKU, which is its `upc`."""
    rows = product_rows()
    products = _save([row for row in rows if not row.parent], {}, classes)
    products |= _save([row for row in rows if row.parent], products, classes)
    _load_values(rows, products)
    _load_categories(rows, products, categories)
    _load_related(rows, products)
    _load_discontinued(products)
    return products


def _save(
    rows: list[Row], parents: dict[str, Product], classes: dict[str, ProductClass]
) -> dict[str, Product]:
    known = Product.objects.in_bulk([row.sku for row in rows], field_name="upc")
    products = {row.sku: known.get(row.sku) or _new(row.sku) for row in rows}
    for row in rows:
        _fill(products[row.sku], row, parents.get(row.parent), classes)
    Product.objects.bulk_create([p for p in products.values() if p.pk is None])
    Product.objects.bulk_update(known.values(), REFRESHED, batch_size=100)
    return products


def _new(sku: str) -> Product:
    return Product(upc=sku, priority=PRIORITIES.get(sku, 0))


def _fill(
    product: Product, row: Row, parent: Product | None, classes: dict[str, ProductClass]
) -> None:
    """Copy a row of the file to a product."""
    common = row.common
    product.title = row.title
    product.slug = slugify(row.title)
    product.description = html(descriptions().get(row.sku, []))
    product.structure = _structure(row)
    product.parent = parent
    product.product_class = None if parent else classes[row.product_class]
    product.weight_g = Decimal(common["weight_g"])


def _structure(row: Row) -> str:
    if row.parent:
        return Product.CHILD
    return Product.STANDALONE if row.is_sold else Product.PARENT


def html(paragraphs: list[str]) -> str:
    """Return paragraphs as the HTML of a description."""
    return "\n".join(f"<p>{escape(text, quote=False)}</p>" for text in paragraphs)


def _load_values(rows: Iterable[Row], products: dict[str, Product]) -> None:
    """Replace the attribute values of the seed's products by those in the files."""
    attributes = {(slug.replace("-", "_"), found.code): found for slug, found in _attributes()}
    options = _options()
    ProductAttributeValue.objects.filter(product__in=products.values()).delete()
    ProductAttributeValue.objects.bulk_create(
        _value(products[row.sku], attributes[row.product_class, code], text, options)
        for row in rows
        for code, text in row.attributes.items()
    )


def _attributes() -> Iterable[tuple[str, ProductAttribute]]:
    for product_class in ProductClass.objects.prefetch_related("attributes"):
        for attribute in product_class.attributes.all():
            yield product_class.slug, attribute


Options = dict[tuple[int | None, str], int]


def _options() -> Options:
    """(group, text) to the id of the option."""
    groups = ProductAttribute.objects.filter(option_group__isnull=False)
    rows = groups.values_list(
        "option_group_id", "option_group__options__option", "option_group__options"
    )
    return {(group, text): pk for group, text, pk in rows}


def _value(
    product: Product, attribute: ProductAttribute, text: str, options: Options
) -> ProductAttributeValue:
    value = ProductAttributeValue(product=product, attribute=attribute)
    if attribute.type == attribute.INTEGER:
        value.value_integer = int(text)
    elif attribute.type == attribute.FLOAT:
        value.value_float = float(text)
    elif attribute.type == attribute.OPTION:
        value.value_option_id = options[attribute.option_group_id, text]
    else:
        value.value_text = text
    return value


def _load_categories(
    rows: Iterable[Row], products: dict[str, Product], categories: dict[str, Category]
) -> None:
    """Add each product to its category; categories that staff added remain."""
    ProductCategory.objects.bulk_create(
        [
            ProductCategory(product=products[row.sku], category=categories[row.common["category"]])
            for row in rows
            if not row.parent
        ],
        ignore_conflicts=True,
    )


def _load_discontinued(products: dict[str, Product]) -> None:
    """Discontinue products that never were: with successor and spare parts."""
    for line in read_table("discontinued"):
        product = products[line["sku"]]
        if product.discontinued_on is None:
            product.discontinued_on = date.fromisoformat(line["discontinued_on"])
            product.successor = products[line["successor"]]
            product.save(update_fields=["discontinued_on", "successor"])
            product.spare_parts.set([products[sku] for sku in line["spare_parts"].split()])


def _load_related(rows: Iterable[Row], products: dict[str, Product]) -> None:
    links = [
        ProductRecommendation(
            primary=products[row.sku], recommendation=products[sku], ranking=len(row.related) - i
        )
        for row in rows
        for i, sku in enumerate(row.related)
    ]
    ProductRecommendation.objects.bulk_create(links, ignore_conflicts=True)
