"""Minimal products, offers and discount codes for tests."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from oscar.apps.voucher.models import Voucher

from catalog.models import Category, Product, ProductCategory, ProductClass
from catalog.partner.models import Partner, StockRecord
from checkout.offers.models import Benefit, Condition, ConditionalOffer, Range
from tests.catalog.product_facts import add_facts


def make_product(title: str = "Carbon Butterfly", **options: Any) -> Product:
    """Return a product with one stock record: price 49.00 CAD, 10 in stock, 3.6 g."""
    stock = {
        "price": Decimal(options.pop("price", "49.00")),
        "num_in_stock": options.pop("stock", 10),
        "backorder": options.pop("backorder", False),
        "expected_on": options.pop("expected_on", None),
    }
    parent = options.get("parent")
    if parent is None:
        options["product_class"], _ = ProductClass.objects.get_or_create(name="Aircraft")
    else:
        options["structure"] = Product.CHILD
    options.setdefault("weight_g", Decimal("3.6"))
    product = Product.objects.create(title=title, **options)
    partner, _ = Partner.objects.get_or_create(name="Saskatoon")
    if parent is None:
        add_facts(product)
    if product.structure != Product.PARENT:
        StockRecord.objects.create(
            product=product, partner=partner, partner_sku=f"SKU-{product.pk}", **stock
        )
    return product


def make_parent(title: str = "Propeller") -> Product:
    """Return a parent product."""
    return make_product(title, structure=Product.PARENT)


def put_in_category(product: Product, *names: str) -> Category:
    """Add a product to a category path such as "Gear", "Motors"; return the last category."""
    category = None
    for name in names:
        siblings = category.get_children() if category else Category.get_root_nodes()
        found = siblings.filter(name=name).first()
        category = found or (
            category.add_child(name=name) if category else Category.add_root(name=name)
        )
    ProductCategory.objects.create(product=product, category=category)
    return category


def make_offer(name: str = "Ten off", percent: str = "10", **options: Any) -> ConditionalOffer:
    """Return a percentage offer; `range`, `least` (quantity) and fields are optional."""
    scope = (
        options.pop("range", None)
        or Range.objects.get_or_create(name="Everything", includes_all_products=True)[0]
    )
    condition = Condition.objects.create(
        range=scope, type=Condition.COUNT, value=options.pop("least", 1)
    )
    benefit = Benefit.objects.create(range=scope, type=Benefit.PERCENTAGE, value=Decimal(percent))
    return ConditionalOffer.objects.create(
        name=name, condition=condition, benefit=benefit, **options
    )


def make_voucher(code: str = "SPRING", **options: Any) -> Voucher:
    """Return a 10% discount code, valid from yesterday to tomorrow."""
    now, name = timezone.now(), f"Voucher {code}"[:128]
    offer = options.pop("offer", None) or make_offer(
        name, offer_type=ConditionalOffer.VOUCHER, **options.pop("offer_options", {})
    )
    options.setdefault("start_datetime", now - timedelta(days=1))
    options.setdefault("end_datetime", now + timedelta(days=1))
    voucher = Voucher.objects.create(name=name, code=code, **options)
    voucher.offers.add(offer)
    return voucher
