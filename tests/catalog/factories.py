"""Functions that create categories and products for tests."""

from decimal import Decimal
from typing import Any

from catalog import read_model
from catalog.kits.models import KitComponent
from catalog.models import (
    Category,
    Product,
    ProductAttribute,
    ProductAttributeValue,
    ProductClass,
    ProductImage,
)
from catalog.partner.models import Partner, StockRecord
from tests.catalog.product_facts import add_facts


def category(name: str, parent: Category | None = None, **fields: Any) -> Category:
    """Return a new category below `parent`, or at the top."""
    if parent is None:
        return Category.add_root(name=name, **fields)
    parent.refresh_from_db()
    return parent.add_child(name=name, **fields)


def product(
    title: str,
    *,
    sku: str = "",
    price: str | None = "10.00",
    stock: int = 20,
    weight: str = "3.6",
    into: Category | None = None,
    parent: Product | None = None,
    values: dict[str, Any] | None = None,
    facts: dict[str, Any] | None = None,
    stocked: dict[str, Any] | None = None,
    pictures: int = 1,
    **fields: Any,
) -> Product:
    """Return a new product with its stock record, pictures, attribute values and facts."""
    kind, _ = ProductClass.objects.get_or_create(name="Part")
    sku = sku or "MF-" + title.upper().replace(" ", "-")
    made = Product.objects.create(
        title=title,
        upc=sku,
        parent=parent,
        structure=fields.pop("structure", Product.CHILD if parent else Product.STANDALONE),
        product_class=None if parent else kind,
        weight_g=Decimal(weight),
        **fields,
    )
    if into:
        made.categories.add(into)
    if price is not None:
        _stock(made, sku, price, stock, stocked or {})
    _values(made, kind, values or {})
    if parent is None:
        add_facts(made, **facts or {})
    for number in range(pictures):
        ProductImage.objects.create(
            product=made, original=f"products/{sku}-{number}.png", display_order=number
        )
    read_model.refresh([made])
    return made


def with_variants(title: str, prices: list[str], **fields: Any) -> Product:
    """Return a product with one variant for each price."""
    made = product(title, price=None, structure=Product.PARENT, **fields)
    for number, price in enumerate(prices, 1):
        product(f"{title} size {number}", price=price, parent=made, weight=str(number), pictures=0)
    return made


def products(number: int, into: Category) -> list[Product]:
    """Create that many products, every fourth of them with three variants."""
    return [
        with_variants(f"Motor {n:03}", ["14.00", "12.00", "16.00"], into=into)
        if n % 4 == 0
        else product(f"Rod {n:03}", into=into, values={"Length (mm)": float(n)})
        for n in range(number)
    ]


def _stock(made: Product, sku: str, price: str, stock: int, more: dict[str, Any]) -> None:
    partner, _ = Partner.objects.get_or_create(code="plantraco")
    values = {"price": Decimal(price), "num_in_stock": stock, **more}
    StockRecord.objects.create(product=made, partner=partner, partner_sku=sku, **values)


def _values(made: Product, kind: ProductClass, values: dict[str, Any]) -> None:
    for name, value in values.items():
        form = "float" if isinstance(value, float) else "text"
        attribute, _ = ProductAttribute.objects.get_or_create(
            product_class=kind,
            name=name,
            defaults={"code": name.split()[0].lower(), "type": form},
        )
        ProductAttributeValue.objects.create(
            product=made, attribute=attribute, **{f"value_{form}": value}
        )


def kit(title: str, components: list[tuple[Product, int]], **fields: Any) -> Product:
    """Return a new kit of these products with their quantities."""
    made = product(title, stock=0, is_kit=True, **fields)
    for one, quantity in components:
        KitComponent.objects.create(kit=made, component=one, quantity=quantity)
    read_model.refresh([made])
    return Product.objects.get(pk=made.pk)
