"""Demo offers and discount codes, created once; staff can change or end them."""

from datetime import UTC, datetime

from oscar.apps.voucher.models import Voucher

from catalog.models import Category
from checkout.offers.models import Benefit, Condition, ConditionalOffer, Range

VALID_FROM = datetime(2026, 1, 1, tzinfo=UTC)
VALID_TO = datetime(2036, 1, 1, tzinfo=UTC)


def load_offers(categories: dict[str, Category]) -> None:
    """Create the demo offers and discount codes; amounts are in CAD."""
    propellers = _range("Propellers", categories["propellers"])
    sets = _range("Deluxe starter sets", categories["starter-sets"])
    power = _range("Batteries and chargers", categories["batteries-chargers"])
    planes = _range("R/C airplanes", categories["airplanes"])
    everything = _range("Everything")
    _offer(
        "Three propellers, 10% off",
        "Buy three or more propellers of any size and save 10%.",
        condition=(propellers, Condition.COUNT, 3),
        benefit=(propellers, Benefit.PERCENTAGE, 10),
    )
    _offer(
        "Spare power with a starter set",
        "Buy a deluxe starter set and save $10.00 on batteries and chargers.",
        condition=(sets, Condition.COUNT, 1),
        benefit=(power, Benefit.FIXED, 10),
        max_basket_applications=1,
    )
    _voucher("WINGS10", "10% off airplanes", Voucher.MULTI_USE,
             (planes, Condition.COUNT, 1), (planes, Benefit.PERCENTAGE, 10))  # fmt: skip
    _voucher("HANGAR15", "$15.00 off orders from $100.00", Voucher.MULTI_USE,
             (everything, Condition.VALUE, 100), (everything, Benefit.FIXED, 15))  # fmt: skip
    _voucher("FIRSTFLIGHT", "5% off, once per customer", Voucher.ONCE_PER_CUSTOMER,
             (everything, Condition.COUNT, 1), (everything, Benefit.PERCENTAGE, 5))  # fmt: skip


Rule = tuple[Range, str, int]  # product range, Oscar's type of rule, quantity or amount


def _range(name: str, category: Category | None = None) -> Range:
    found, _ = Range.objects.get_or_create(
        name=name, defaults={"includes_all_products": category is None}
    )
    if category is not None:
        found.included_categories.add(category)
    return found


def _offer(
    name: str,
    description: str,
    *,
    condition: Rule,
    benefit: Rule,
    offer_type: str = ConditionalOffer.SITE,
    max_basket_applications: int | None = None,
) -> ConditionalOffer:
    """Return the offer with this name; create it if it is missing."""
    found = ConditionalOffer.objects.filter(name=name).first()
    if found is not None:
        return found
    condition_fields = dict(zip(("range", "type", "value"), condition, strict=True))
    benefit_fields = dict(zip(("range", "type", "value"), benefit, strict=True))
    return ConditionalOffer.objects.create(
        name=name,
        description=description,
        offer_type=offer_type,
        condition=Condition.objects.create(**condition_fields),
        benefit=Benefit.objects.create(**benefit_fields),
        max_basket_applications=max_basket_applications,
    )


def _voucher(code: str, name: str, usage: str, condition: Rule, benefit: Rule) -> None:
    offer = _offer(
        f"Discount code {code}",
        name,
        condition=condition,
        benefit=benefit,
        offer_type=ConditionalOffer.VOUCHER,
        max_basket_applications=1,
    )
    voucher, is_new = Voucher.objects.get_or_create(
        code=code,
        defaults={
            "name": name,
            "usage": usage,
            "start_datetime": VALID_FROM,
            "end_datetime": VALID_TO,
        },
    )
    if is_new:
        voucher.offers.add(offer)
