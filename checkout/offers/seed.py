"""Demo offers and discount codes, created once; staff can change or end them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from oscar.apps.voucher.models import Voucher

from catalog.models import Category
from checkout.offers.models import Benefit, Condition, ConditionalOffer, Range
from microflight.core.seed_rows import read_toml

VALID_FROM = datetime(2026, 1, 1, tzinfo=UTC)
VALID_TO = datetime(2036, 1, 1, tzinfo=UTC)


def load_offers(categories: dict[str, Category]) -> None:
    """Create the demo offers and discount codes of `seed.toml`."""
    data = read_toml(Path(__file__).with_name("seed.toml"))
    ranges = {
        name: _range(name, categories[slug] if slug else None)
        for name, slug in data["ranges"].items()
    }
    for row in data["offers"]:
        _offer(ranges, **row)
    for code, row in data["vouchers"].items():
        _voucher(ranges, code, **row)


def _range(name: str, category: Category | None) -> Range:
    found, _ = Range.objects.get_or_create(
        name=name, defaults={"includes_all_products": category is None}
    )
    if category is not None:
        found.included_categories.add(category)
    return found


def _offer(
    ranges: dict[str, Range], name: str, condition: Any, benefit: Any, **fields: Any
) -> ConditionalOffer:
    """Return the offer with this name; create it if it is missing."""
    found = ConditionalOffer.objects.filter(name=name).first()
    if found is not None:
        return found
    rules = {}
    for column, model, rule in (("condition", Condition, condition), ("benefit", Benefit, benefit)):
        products, rule_type, value = rule
        rules[column] = model.objects.create(range=ranges[products], type=rule_type, value=value)
    return ConditionalOffer.objects.create(name=name, **rules, **fields)


def _voucher(ranges: dict[str, Range], code: str, *, name: str, usage: str, **rules: Any) -> None:
    offer = _offer(
        ranges,
        f"Discount code {code}",
        **rules,
        description=name,
        offer_type=ConditionalOffer.VOUCHER,
        max_basket_applications=1,
    )
    dates = {"start_datetime": VALID_FROM, "end_datetime": VALID_TO}
    voucher, is_new = Voucher.objects.get_or_create(
        code=code, defaults={"name": name, "usage": usage, **dates}
    )
    if is_new:
        voucher.offers.add(offer)
