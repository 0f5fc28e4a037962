"""Random catalogues, offers and carts, the same for the same seed."""

import random
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from oscar.apps.voucher.models import Voucher

from catalog.models import Category, Option, Product, ProductClass
from catalog.partner.models import Partner, StockRecord
from catalog.partner.strategy import Selector
from checkout.basket.models import Basket
from checkout.offers.models import Benefit, Condition, ConditionalOffer, Range

PRICES = ("1.00", "3.33", "9.99", "10.00", "0.05", "25.50", "7.77", "100.00")
BENEFITS = (
    Benefit.PERCENTAGE, Benefit.FIXED, Benefit.FIXED_PRICE, Benefit.MULTIBUY,
    Benefit.SHIPPING_PERCENTAGE, Benefit.SHIPPING_ABSOLUTE, Benefit.FIXED_UNIT,
)  # fmt: skip


@dataclass(frozen=True)
class Shop:
    """What was made from one seed. The cart is not priced yet."""

    basket: Basket
    products: list[Product]  # all that can be bought
    ranges: list[Range]


def make_shop(seed: int) -> Shop:
    """Make product types (untracked, unshipped or neither), products with variants and options,
    ranges, offers and vouchers, and a cart."""
    chance = random.Random(seed)  # noqa: S311 (the same numbers for the same seed)
    categories = _categories()
    products, parent = _products(chance, categories)
    types = list(ProductClass.objects.all())
    ranges = [_range(chance, n, [*products, parent], categories, types) for n in range(3)]
    offers = [_offer(chance, n, ranges) for n in range(chance.randint(1, 4))]
    combinable = [offer for offer in offers if not offer.exclusive]
    if len(combinable) > 1 and chance.random() < 0.6:
        one, other = chance.sample(combinable, 2)
        one.combinations.add(other)
    return Shop(_cart(chance, products, offers), products, ranges)


def _categories() -> list[Category]:
    roots = [Category.add_root(name=f"Root {n}") for n in range(2)]
    return [*roots, *(roots[0].add_child(name=f"Below {n}") for n in range(2))]


def _products(chance: random.Random, categories: list[Category]) -> tuple[list[Product], Product]:
    """Return what can be bought, and a product whose two variants are part of that."""
    types = [
        ProductClass.objects.create(
            name=f"Type {n}", track_stock=chance.random() < 0.7,
            requires_shipping=chance.random() < 0.7,
        )
        for n in range(3)
    ]  # fmt: skip
    made = []
    for n in range(4):
        product = Product.objects.create(
            title=f"Product {n}", product_class=chance.choice(types),
            is_discountable=chance.random() > 0.1, weight_g=Decimal(chance.randint(0, 900)),
        )  # fmt: skip
        product.categories.add(*chance.sample(categories, chance.randint(0, 2)))
        made.append(product)
    parent = Product.objects.create(
        title="Parent", structure=Product.PARENT, product_class=chance.choice(types)
    )
    parent.categories.add(*chance.sample(categories, chance.randint(0, 1)))
    for n in range(2):
        child = Product.objects.create(title=f"Child {n}", parent=parent, structure=Product.CHILD)
        made.append(child)
    suppliers = [Partner.objects.create(name=f"Supplier {n}") for n in range(2)]
    for product in made:
        stock = chance.choice([500, 500, 3, 0, None])
        StockRecord.objects.create(
            product=product, partner=chance.choice(suppliers), partner_sku=f"SKU-{product.pk}",
            price=Decimal(chance.choice(PRICES)), num_in_stock=stock,
        )  # fmt: skip
    return made, parent


def _range(
    chance: random.Random,
    number: int,
    products: list[Product],
    categories: list[Category],
    types: list[ProductClass],
) -> Range:
    made = Range.objects.create(name=f"Range {number}", includes_all_products=chance.random() < 0.4)
    if not made.includes_all_products:
        for product in chance.sample(products, chance.randint(0, 4)):
            made.add_product(product)
        if chance.random() < 0.3:
            made.included_categories.add(chance.choice(categories))
        if chance.random() < 0.3:
            made.classes.add(chance.choice(types))
    elif chance.random() < 0.3:
        made.excluded_categories.add(chance.choice(categories))
    made.excluded_products.add(*(each for each in products if chance.random() < 0.15))
    return made


def _offer(chance: random.Random, number: int, ranges: list[Range]) -> ConditionalOffer:
    kind = chance.choice([Condition.COUNT, Condition.VALUE, Condition.COVERAGE])
    values = ["1", "10.50", "30"] if kind == Condition.VALUE else ["1", "2", "3"]
    condition = Condition.objects.create(
        type=kind, value=Decimal(chance.choice(values)), range=chance.choice(ranges)
    )
    return ConditionalOffer.objects.create(
        name=f"Offer {number}",
        offer_type=chance.choice([ConditionalOffer.SITE] * 2 + [ConditionalOffer.VOUCHER]),
        condition=condition,
        benefit=_benefit(chance, condition, ranges),
        priority=chance.choice([0, 0, 1, 5]),
        exclusive=chance.random() < 0.5,
        max_basket_applications=chance.choice([None, None, 1, 2]),
        max_discount=chance.choice([None, None, None, Decimal("5")]),
        max_global_applications=chance.choice([None, None, None, 1, 3]),
        total_discount=chance.choice([Decimal(0), Decimal(0), Decimal("5")]),
        num_applications=chance.choice([0, 0, 1]),
    )


def _benefit(chance: random.Random, condition: Condition, ranges: list[Range]) -> Benefit:
    kind = chance.choice(BENEFITS)
    facts: dict[str, Any] = {"type": kind, "range": chance.choice(ranges)}
    if kind == Benefit.FIXED_PRICE:
        facts |= {"value": Decimal(chance.choice(["5", "12.34"])), "range": condition.range}
    elif kind in (Benefit.SHIPPING_PERCENTAGE, Benefit.SHIPPING_ABSOLUTE):
        facts |= {"value": Decimal("10"), "range": None}
    elif kind != Benefit.MULTIBUY:
        facts["value"] = Decimal(chance.choice(["5", "33", "12.5", "1.99"]))
        facts["max_affected_items"] = chance.choice([None, None, 1, 2, 3])
    return Benefit.objects.create(**facts)


def _cart(chance: random.Random, products: list[Product], offers: list[ConditionalOffer]) -> Basket:
    basket = Basket.objects.create()
    basket.strategy = Selector().strategy()
    engraving = Option.objects.create(name="Engraving", code="engraving", type="text")
    for product in chance.sample(products, chance.randint(1, 4)):
        text = chance.choice([None, None, "C-GULL"])
        options = [{"option": engraving, "value": text}] if text else []
        basket.add_product(product, chance.randint(1, 5), options=options)
    day = timedelta(days=1)
    for offer in offers:
        if offer.offer_type == ConditionalOffer.VOUCHER:
            voucher = Voucher.objects.create(
                name=offer.name, code=offer.name.upper(), start_datetime=timezone.now() - day,
                end_datetime=timezone.now() + day,
            )  # fmt: skip
            voucher.offers.add(offer)
            basket.vouchers.add(voucher)
    return basket
