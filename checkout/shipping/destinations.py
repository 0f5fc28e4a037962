"""Stores which countries a product ships to (`Product.ships_to`), for the facet of lists.

The answer is that of the engine for one unit without a province, with any service but pickup. A
product with variants ships where one of them does.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.utils import timezone
from oscar.apps.address.models import Country

from catalog import facet_values
from catalog.facts import FACTS
from catalog.models import Product
from catalog.partner.models import StockRecord
from checkout.shipping import rates
from checkout.shipping.destination import Destination
from checkout.shipping.engine import WITH_FACTS, Item, Question, items_from
from checkout.shipping.models import ShippingRule
from checkout.shipping.rules import RuleType
from checkout.shipping.sample_line import SampleLine
from microflight.core import page_cache

_BATCH = 500
_ONE = Decimal(1)


def update(on: date | None = None) -> int:
    """Store the answer of a day, today by default, for all products; return how many changed."""
    questions = list(_questions(on or timezone.localdate()))
    every = {country for countries, _question in questions for country in countries}
    by_value = ShippingRule.objects.filter(type=RuleType.VALUE, active=True).exists()
    known: dict[tuple[object, ...], frozenset[str]] = {}
    found: dict[int, set[str]] = defaultdict(set)
    records = StockRecord.objects.filter(price__isnull=False, product__is_public=True)
    for record in records.select_related(*WITH_FACTS).order_by("pk").iterator(chunk_size=_BATCH):
        items = items_from([SampleLine(record, 1)])  # several of a kit
        if not by_value:
            items = [replace(one, value=_ONE) for one in items]
        key = tuple(_asked(one) for one in items)
        if items and key not in known:
            known[key] = _countries(items, questions)
        found[record.product.parent_id or record.product_id] |= known.get(key, frozenset())
    return _store({pk: as_text(countries, every) for pk, countries in found.items()})


def _questions(on: date) -> Iterator[tuple[list[str], Question]]:
    """Yield groups of countries with the same rules and rates, and the engine's question."""
    rules = list(ShippingRule.objects.filter(active=True).order_by("code"))
    surcharges, cartons = rates.surcharges(on), tuple(rates.cartons())
    groups: dict[tuple[object, ...], tuple[list[str], Question]] = {}
    for country in Country.objects.filter(is_shipping_country=True).values_list("pk", flat=True):
        destination = Destination(country).normalized
        tariffs = rates.tariffs(destination, on, surcharges)
        in_force = tuple(rule for rule in rules if rule.is_for(destination, on))
        carried = tuple(tariff for tariff in tariffs if not tariff.method.pickup)
        key = (*(rule.pk for rule in in_force), 0, *(each.method_zone.pk for each in carried))
        question = Question(
            items=(), subtotal=Decimal(0), is_open=True, has_pickup=False, rules=in_force,
            rules_on=lambda day: (), suspensions=(), tariffs=carried, cartons=cartons,
        )  # fmt: skip
        groups.setdefault(key, ([], question))[0].append(country)
    yield from groups.values()


def _asked(item: Item) -> tuple[object, ...]:
    """Return what the engine looks at: the answer is the same for equal items."""
    facts = (getattr(item.facts, name) for name in FACTS)
    return (item.weight_g, item.value, item.quantity, *facts)


def _countries(
    items: list[Item], questions: Iterable[tuple[list[str], Question]]
) -> frozenset[str]:
    return frozenset(
        country
        for countries, question in questions
        if any(question.service(tariff, items) for tariff in question.tariffs)
        for country in countries
    )


def as_text(countries: set[str], every: set[str]) -> str:
    """Return the answer as it is stored: the countries, or those that are left out, if fewer."""
    others = every - countries
    if len(others) < len(countries):
        return "-" + " ".join(sorted(others))
    return "+" + " ".join(sorted(countries))


def _store(answers: dict[int, str]) -> int:
    """Store the answers that changed; those of products that are not shipped are empty."""
    stored = dict(Product.objects.filter(parent=None).values_list("pk", "ships_to"))
    changed: dict[str, list[int]] = defaultdict(list)
    for pk, text in stored.items():
        if answers.get(pk, "") != text:
            changed[answers.get(pk, "")].append(pk)
    for text, pks in changed.items():
        for start in range(0, len(pks), _BATCH):
            rows = Product.objects.filter(pk__in=pks[start : start + _BATCH])
            rows.update(ships_to=text, date_updated=timezone.now())
    count = sum(map(len, changed.values()))
    if count:
        page_cache.invalidate()
    if count > _BATCH:
        facet_values.reset_lists()
    return count


def load() -> None:
    """Store the answers for the demo's products."""
    update()
