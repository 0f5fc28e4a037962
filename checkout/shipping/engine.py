"""Can a cart be shipped to a destination, with which services, for how much, and if not, why not?

Everything is read first, in a few queries; then carts are tried in memory, also those that would
help. What breaks a rule is never offered.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property, partial
from typing import Any

from django.db.models import Exists
from django.utils.translation import gettext
from oscar.apps.address.models import Country

from catalog.facts import ProductFacts, facts_of
from checkout.shipping import packing, rates
from checkout.shipping.destination import Destination
from checkout.shipping.goods import Goods, goods_of
from checkout.shipping.models import Carton, ShippingMethod, ShippingRule
from checkout.shipping.refusals import Cause, Help, Refusal, end_of_suspension, helps
from checkout.shipping.rules import ALWAYS, RuleType
from checkout.shipping.services import AvailableMethod, available, pickup_method
from microflight.core.compiled_query import CompiledQuery

_OPEN = CompiledQuery(lambda code: Country.objects.filter(pk=code, is_shipping_country=True))


#: What a stock record is read with, so that `items_from` runs no query.
WITH_FACTS = (
    "product__facts",
    "product__product_class",
    "product__parent__facts",
    "product__parent__product_class",
)


@dataclass(frozen=True, slots=True)
class Item:
    """A product of a cart: weight, and value in CAD before tax, of one unit."""

    reference: str
    title: str
    quantity: int
    weight_g: Decimal
    value: Decimal
    facts: ProductFacts

    def packed(self, rules: Iterable[ShippingRule]) -> packing.Item:
        """Return what to pack, with what these rules count."""
        facts = self.facts
        sides = facts.length_mm, facts.width_mm, facts.height_mm
        return packing.Item(
            self.reference,
            self.weight_g,
            self.quantity,
            size_mm=sides if all(sides) else None,  # type: ignore[arg-type]
            counts={rule.code: rule.count(self) for rule in rules if rule.most is not None},
        )


@dataclass(frozen=True, slots=True)
class Waiting:
    """A service that takes the cart again from a day on, when the carrier works again."""

    service: AvailableMethod
    available_from: date


@dataclass(frozen=True)
class Answer:
    """The services for a cart, in the order that staff set, and those that are refused."""

    services: tuple[AvailableMethod, ...]
    refused: tuple[Refusal, ...]
    question: "Question" = field(repr=False)

    @property
    def causes(self) -> list[Cause]:
        """Return the causes of all refusals, each once; if some refuse every service, only those:
        nothing else would change the answer."""
        found = [
            {(each.reason, each.titles): each for each in refusal.causes}
            for refusal in self.refused
        ]
        causes = {key: cause for each in found for key, cause in each.items()}
        shared = [cause for key, cause in causes.items() if all(key in each for each in found)]
        return shared or list(causes.values())

    @cached_property
    def help(self) -> list[Help]:
        """Return what would help with any service, each once."""
        return list(dict.fromkeys(each for refusal in self.refused for each in refusal.help))

    @cached_property
    def waiting(self) -> list[Waiting]:
        """Return the refused services that take the cart after a carrier's suspension."""
        found = (self.question.waiting(tariff) for tariff in self.question.tariffs)
        return [each for each in found if each]

    @cached_property
    def closest(self) -> tuple[Item, ...]:
        """Return the most valuable part of a cart that can ship, if not all of it can."""
        if self.services:
            return ()
        parts = (self.question.shippable(tariff) for tariff in self.question.tariffs)
        return max(parts, key=value_of, default=())


def items_from(lines: Iterable[Any]) -> list[Item]:
    """Return the items of basket lines that are shipped and have a price; of a kit, those of its
    components. No query for a cart."""
    goods = [
        one
        for line in lines
        if line.unit_price_excl_tax is not None
        for one in goods_of(line)
        if one.product.is_shipping_required
    ]
    facts = facts_of([one.product for one in goods])
    return [_item(one, facts[one.product.pk]) for one in goods]


def _item(goods: Goods, facts: ProductFacts) -> Item:
    """Return units of a product. Its customs value replaces the price, if it has one."""
    value = goods.price if facts.customs_value is None else facts.customs_value
    weight = goods.product.weight_g
    return Item(goods.reference, goods.title, goods.quantity, weight, value, facts)


def _read(_name: str, read: Callable[[], Any]) -> Any:
    return read()


def answer(
    items: Sequence[Item],
    destination: Destination,
    on: date,
    *,
    subtotal: Decimal | None = None,
    cached: Callable[[str, Callable[[], Any]], Any] = _read,
) -> Answer:
    """Return which services take the items to a destination on a day, and why others don't.

    `subtotal`: CAD after discounts, before tax, for free shipping; that of the items by default.
    Four queries, whatever the number of items, services and rules; six if there is no rule. A page
    that only informs may cache three of them: `cached` gets a name and a function that reads.
    """
    country = destination.country
    rules = cached(f"shipping rules {country}", lambda: _rules(country))
    surcharges = cached(f"fuel surcharges {on}", lambda: rates.surcharges(on))
    in_force = partial(_in_force, rules, destination)
    question = Question(
        items=tuple(items),
        subtotal=value_of(items) if subtotal is None else subtotal,
        is_open=bool(rules[0].is_open if rules else _OPEN(destination.country)),
        has_pickup=rules[0].has_pickup if rules else pickup_method() is not None,
        rules=in_force(on),
        rules_on=in_force,
        suspensions=tuple(rule for rule in rules if rule.suspends(destination, on)),
        tariffs=tuple(rates.tariffs(destination, on, surcharges)),
        cartons=tuple(cached("cartons", rates.cartons)),
    )
    return question.answer()


def _in_force(
    rules: Iterable[ShippingRule], destination: Destination, day: date
) -> tuple[ShippingRule, ...]:
    return tuple(rule for rule in rules if rule.is_for(destination, day))


def _rules(country: str) -> list[Any]:
    """Return the active rules. Each says whether we ship to the country, and whether the shop has
    pickup: checkout has no query left for that."""
    shipped_to = Country.objects.filter(pk=country, is_shipping_country=True)
    pickup = ShippingMethod.objects.filter(pickup=True, active=True)
    rules = ShippingRule.objects.filter(active=True)
    rules = rules.annotate(is_open=Exists(shipped_to), has_pickup=Exists(pickup))
    return list(rules.order_by("code"))


def value_of(items: Iterable[Item]) -> Decimal:
    """Return the value of items in CAD before tax."""
    return sum((item.value * item.quantity for item in items), Decimal(0))


@dataclass(frozen=True)
class Question:
    """A cart and everything that decides on it, read for one destination and day."""

    items: tuple[Item, ...]
    subtotal: Decimal
    is_open: bool  # we ship to the country
    has_pickup: bool  # at the shop, for any destination
    rules: tuple[ShippingRule, ...]
    rules_on: Callable[[date], tuple[ShippingRule, ...]]  # in force on another day
    suspensions: tuple[ShippingRule, ...]  # of now and later, with a last day
    tariffs: tuple[rates.Tariff, ...]
    cartons: tuple[Carton, ...]

    def answer(self) -> Answer:
        """Try each service."""
        services: list[AvailableMethod] = []
        refused: list[Refusal] = []
        for tariff in self.tariffs:
            if service := self.service(tariff, self.items):
                services.append(service)
            else:
                causes = tuple(self.causes(tariff))
                find_help = partial(self._help, tariff, causes, services)
                refused.append(Refusal(tariff.method, causes, find_help))
        return Answer(tuple(services), tuple(refused), self)

    def _help(
        self, tariff: rates.Tariff, causes: Iterable[Cause], services: Iterable[AvailableMethod]
    ) -> list[Help]:
        """Return what would help with a refused service. It tries many carts."""
        part = self.shippable(tariff)
        rest = rest_of(self.items, part) if part else []
        others = (self.service(each, rest) for each in self.tariffs)
        waiting = self.waiting(tariff)
        # the shopper can hardly come from a closed destination to pick it up
        is_closed = not self.is_open or any(
            each.rule and each.rule.type == RuleType.CLOSED for each in causes
        )
        return helps(
            causes=causes,
            services=services,
            rest={item.title: item.quantity for item in rest},
            split=next((each for each in others if each), None),
            has_pickup=self.has_pickup and not is_closed,
            available_from=waiting.available_from if waiting else None,
        )

    def rules_of(self, tariff: rates.Tariff) -> list[ShippingRule]:
        return [rule for rule in self.rules if rule.is_for_method(tariff.method)]

    def service(self, tariff: rates.Tariff, items: Sequence[Item]) -> AvailableMethod | None:
        """Return a service with its price for these items; None if it does not take them."""
        rules = self.rules_of(tariff)
        if not self.is_open or not items:
            return None
        if any(rule.refuses(item) for rule in rules for item in items):
            return None
        parcels = self._pack(tariff, items, rules)
        charge = tariff.price(parcels, self.subtotal) if parcels else None
        if not parcels or charge is None:
            return None
        return replace(available(tariff, parcels, charge), suspended=self._suspended(tariff))

    def _suspended(self, tariff: rates.Tariff) -> tuple[tuple[date, date], ...]:
        """Return first and last days on which the carrier does not carry with a service."""
        rules = [rule for rule in self.suspensions if rule.is_for_method(tariff.method)]
        return tuple(
            (each.starts_on, each.ends_on) for each in rules if each.starts_on and each.ends_on
        )

    def waiting(self, tariff: rates.Tariff) -> Waiting | None:
        """Return from when on a service takes the cart that only suspensions refuse now."""
        if self.service(tariff, self.items) or not self.is_open:
            return None
        if (day := end_of_suspension(self.causes(tariff))) is None:
            return None
        service = replace(self, rules=self.rules_on(day)).service(tariff, self.items)
        return Waiting(service, day) if service else None

    def _pack(
        self, tariff: rates.Tariff, items: Sequence[Item], rules: Sequence[ShippingRule]
    ) -> list[packing.Parcel] | None:
        limits = _limits(rules)
        return tariff.pack([item.packed(rules) for item in items], self.cartons, limits)

    def causes(self, tariff: rates.Tariff) -> Iterable[Cause]:
        """Return why a service does not take the whole cart."""
        if not self.is_open:
            yield Cause(None, gettext("We don’t ship to this country."))
            return
        rules, found = self.rules_of(tariff), False
        for rule in rules:
            if broken := [(item, each) for item in self.items if (each := rule.refuses(item))]:
                found = True
                titles = () if rule.type in ALWAYS else tuple(item.title for item, _ in broken)
                missing = dict.fromkeys(name for _, each in broken for name in each.missing)
                yield Cause(rule, rule.reason, titles, tuple(missing))
        if not found:
            yield from self._parcel_causes(tariff, rules)

    def _parcel_causes(
        self, tariff: rates.Tariff, rules: Sequence[ShippingRule]
    ) -> Iterable[Cause]:
        """Return the limits on parcels that the cart exceeds."""
        if not self._pack(tariff, self.items, ()):
            yield Cause(None, gettext("It is too heavy or too large for this service."))
            return
        limiting = [rule for rule in rules if rule.limits_parcels]
        alone = [rule for rule in limiting if not self._pack(tariff, self.items, [rule])]
        for rule in alone or limiting:
            yield Cause(rule, rule.reason)

    def shippable(self, tariff: rates.Tariff) -> tuple[Item, ...]:
        """Return the largest part of the cart that a service takes, found by leaving out what its
        rules refuse, then units from the end: those that take most of the limits."""
        rules = self.rules_of(tariff)
        allowed = [item for item in self.items if not any(rule.refuses(item) for rule in rules)]
        if self.service(tariff, allowed):
            return tuple(allowed)
        by_share = sorted(allowed, key=lambda item: (_shares(item, rules), item.weight_g))
        most = sum(item.quantity for item in by_share)
        low, high = 0, most  # `low` units can ship, `high` can't
        while high - low > 1:
            middle = (low + high) // 2
            if self.service(tariff, _first(by_share, middle)):
                low = middle
            else:
                high = middle
        return tuple(_first(by_share, low))


def rest_of(items: Iterable[Item], part: Iterable[Item]) -> list[Item]:
    """Return the items that are not in a part of them."""
    kept = {item.reference: item.quantity for item in part}
    left = (replace(each, quantity=each.quantity - kept.get(each.reference, 0)) for each in items)
    return [item for item in left if item.quantity]


def _first(items: Iterable[Item], units: int) -> list[Item]:
    found = []
    for item in items:
        if units <= 0:
            break
        found.append(replace(item, quantity=min(item.quantity, units)))
        units -= item.quantity
    return found


def _shares(item: Item, rules: Iterable[ShippingRule]) -> Decimal:
    """Return how much of the limits on a parcel one unit takes, 1 for a full parcel."""
    return sum((Decimal(rule.count(item)) / rule.most for rule in rules if rule.most), Decimal(0))


def _limits(rules: Iterable[ShippingRule]) -> packing.Limits:
    """Return the limits of rules on one parcel."""
    weights, sizes, counts = [], [], {}
    for rule in rules:
        if rule.weight_g is not None:
            weights.append(rule.weight_g)
        if rule.size_mm is not None:
            sizes.append(sorted(rule.size_mm, reverse=True))
        if rule.most is not None:
            counts[rule.code] = rule.most
    # of several sizes, a carton that fits into the smallest of each side fits into all
    sides = tuple(map(min, zip(*sizes, strict=True))) if sizes else None
    return packing.Limits(min(weights, default=None), sides, counts)
