"""The gap list: which products the rules refuse where, and the fact that is the reason."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.facts import ProductFacts, facts_of
from catalog.models import Product
from checkout.shipping.places import shortened
from checkout.shipping.refusals import fact_label
from checkout.shipping.rules import ALWAYS, RuleType, ShippingRule

#: The fact that a rule of each type looks at.
_FACT: dict[str, str] = {
    RuleType.BATTERY: "battery",
    RuleType.CELL_WH: "battery_wh",
    RuleType.BATTERY_WH: "battery_wh",
    RuleType.RADIO: "radio",
}
_NAMES = {"CA": _("Canada"), "US": _("United States")}


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that refuses a product, and the regions that the rule names."""

    rule: ShippingRule
    regions: tuple[str, ...]

    @property
    def where(self) -> str:
        """Return the regions for staff, such as "Canada, United States, DE FR"."""
        return ", ".join(self.regions)


@dataclass(frozen=True, slots=True)
class Gap:
    """A fact of a product that is missing, or refused by rules: then `value` is the fact."""

    product: Any
    fact: str
    value: str
    reasons: tuple[Reason, ...]

    @property
    def label(self) -> str:
        """Return the name of the fact as staff read it."""
        return fact_label(self.fact)


@dataclass(frozen=True, slots=True)
class _Facts:
    """A unit of a product for rules that look at facts only."""

    facts: ProductFacts
    value: Decimal = Decimal(0)


def gaps(on: date) -> list[Gap]:
    """Return the gaps of all products and variants that are shipped, by title. Two queries.

    Rules that refuse every cart are left out: no fact is the reason.
    """
    rules = [
        Reason(rule, regions_of(rule))
        for rule in ShippingRule.objects.filter(
            Q(starts_on=None) | Q(starts_on__lte=on), Q(ends_on=None) | Q(ends_on__gte=on),
            active=True,
        ).exclude(type__in=ALWAYS).order_by("code")
    ]  # fmt: skip
    products = [product for product in _products() if product.is_shipping_required]
    facts = facts_of(products)
    found = [gap for product in products for gap in _gaps_of(product, facts[product.pk], rules)]
    return sorted(found, key=lambda gap: (gap.product.get_title().casefold(), gap.product.pk))


def _products() -> Iterable[Any]:
    """Return products and variants, not products with variants, which have only common facts, nor
    kits, which have those of their components."""
    texts = ("description", "card", "details")
    return (
        Product.objects.exclude(structure=Product.PARENT)
        .exclude(is_kit=True)
        .select_related("facts", "product_class", "parent__facts", "parent__product_class")
        .defer(*texts, *(f"parent__{name}" for name in texts))
    )


def _gaps_of(product: Any, facts: ProductFacts, rules: Iterable[Reason]) -> Iterable[Gap]:
    reasons: dict[tuple[str, str], list[Reason]] = defaultdict(list)
    for reason in rules:
        breach = reason.rule.refuses(_Facts(facts))
        if breach is None:
            continue
        for name in breach.missing:
            reasons[name, ""].append(reason)
        if not breach.missing:
            fact = _FACT[reason.rule.type]
            reasons[fact, _shown(facts, fact)].append(reason)
    for (fact, value), found in sorted(reasons.items(), key=lambda each: each[0]):
        yield Gap(product, fact, value, tuple(found))


def _shown(facts: ProductFacts, fact: str) -> str:
    """Return a fact as staff read it."""
    display = getattr(facts, f"get_{fact}_display", None)
    return str(display() if display else getattr(facts, fact))


def regions_of(rule: ShippingRule) -> tuple[str, ...]:
    """Return the places that a rule names: Canada and the United States, then the others."""
    named = rule.places.split()
    if not named:
        return (gettext("everywhere"),)
    others = shortened(" ".join(place for place in named if place not in _NAMES))
    regions = [str(name) for place, name in _NAMES.items() if place in named]
    regions += [others] if others else []
    if rule.except_places:
        return (gettext("everywhere but %(places)s") % {"places": ", ".join(regions)},)
    return tuple(regions)
