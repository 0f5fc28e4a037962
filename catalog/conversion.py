"""Simple products that become products with variants.

The product keeps its page: URL, texts, images, reviews, facts and attributes, which variants
inherit. What is sold moves to the first variant: SKU, stock record with its ledger, cart and order
lines, wish lists, back-in-stock requests, and its place in kits.
"""

from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext as _

from catalog import read_model
from catalog.models import Product
from microflight.core.errors import ServiceError
from microflight.core.row_locks import lock_rows

#: The columns that refer to what is sold; packages above this one have some of them.
_SOLD = (
    ("partner.stockrecord", "product"),
    ("partner.historicalstockrecord", "product"),
    ("basket.line", "product"),
    ("order.line", "product"),
    ("kits.kitcomponent", "component"),
    ("wishlists.line", "product"),
    ("back_in_stock.backinstockrequest", "product"),
    ("customer.productalert", "product"),
)


@transaction.atomic
def add_first_variant(product: Product) -> Product:
    """Give a simple product variants, the first one with its SKU; return that variant.

    Carts are locked, so that an order which is being placed is placed before or afterwards. Raises
    ServiceError, and changes nothing, if the product cannot have variants.
    """
    lock_rows(Product.objects.filter(pk=product.pk))
    product.refresh_from_db()
    _check(product)
    lines = _rows("basket.line", "product", product)
    lock_rows(apps.get_model("basket", "Basket").objects.filter(pk__in=lines.values("basket")))
    sku, product.upc, product.structure = product.upc, None, Product.PARENT
    product.save()
    variant = Product.objects.create(
        structure=Product.CHILD, parent=product, upc=sku, weight_g=product.weight_g,
        is_discountable=product.is_discountable,
    )  # fmt: skip
    old, new = f"{product.pk}_", f"{variant.pk}_"
    reference = Concat(Value(new), Substr("line_reference", len(old) + 1))
    lines.filter(line_reference__startswith=old).update(line_reference=reference)
    for label, column in _SOLD:
        _rows(label, column, product).update(**{column: variant})
    read_model.refresh([product, variant])
    return variant


def _rows(label: str, column: str, product: Product) -> Any:
    return apps.get_model(label)._default_manager.filter(**{column: product})


def _check(product: Product) -> None:
    """Raise ServiceError if a product cannot have variants."""
    if product.structure != Product.STANDALONE:
        raise ServiceError(_("Only a simple product can be given variants."))
    if product.is_kit:
        raise ServiceError(_("A kit cannot have variants: its components are sold together."))
    if not product.product_class_id:
        raise ServiceError(_("Choose the product type first: variants differ by its attributes."))
    if not product.upc:
        raise ServiceError(_("Enter the SKU first: it becomes that of the first variant."))
