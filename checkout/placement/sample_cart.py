"""A cart that staff make up: read from text, answered by the engine, with arrival dates."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import cached_property

from django.core.exceptions import ValidationError
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext
from oscar.apps.address.models import Country

from accounts.postcodes import clean_postcode
from accounts.provinces import clean_province, normalize_place
from catalog.facts import facts_of
from catalog.partner.models import StockRecord
from checkout.basket.services import MAX_ITEMS, TOO_MANY_ITEMS
from checkout.placement.promises import Promises, promises_of
from checkout.shipping.destination import Destination
from checkout.shipping.engine import WITH_FACTS, Answer, Item, answer, items_from
from checkout.shipping.goods import goods_of
from checkout.shipping.landed_cost import Estimate, ImportedItem, estimates
from checkout.shipping.refusals import Cause, fact_label
from checkout.shipping.sample_line import SampleLine
from checkout.shipping.services import AvailableMethod
from microflight.core.numbers import fold_digits
from policies.opening.calendars import at

_MAX_DIGITS = 9  # of a quantity


@dataclass(frozen=True)
class SampleCart:
    """Products, where they go and on which day they are ordered."""

    lines: tuple[SampleLine, ...]
    destination: Destination
    on: date

    @cached_property
    def items(self) -> list[Item]:
        """Return what is shipped, by SKU. No query."""
        return items_from(self.lines)

    @cached_property
    def answer(self) -> Answer:
        """Return the engine’s answer. Three queries: the facts are loaded."""
        return answer(self.items, self.destination, self.on)

    @cached_property
    def _promises(self) -> Promises:
        """Return when it ships if it is ordered now, or at the start of a later day."""
        is_today = self.on == timezone.localdate()
        return promises_of(self.lines, None, now=None if is_today else at(self.on, time()))

    def promises(self, service: AvailableMethod) -> Promises:
        """Return when it arrives with a service. One query for all services."""
        return self._promises if service.pickup else self._promises.with_method(service)

    def landed_costs(self, services: Sequence[AvailableMethod]) -> list[Estimate | None]:
        """Return the import charges with each service, as checkout estimates them; None for pickup
        and within Canada. One query."""
        goods = [one for line in self.lines for one in goods_of(line)]
        facts = facts_of([one.product for one in goods])
        items = [
            ImportedItem(one.price * one.quantity, own.hs6, own.originates_under_cusma(self.on))
            for one in goods
            for own in [facts[one.product.pk]]
        ]
        found = estimates(items, [each.charge for each in services], self.destination, self.on)
        return [
            None if service.pickup else each for service, each in zip(services, found, strict=True)
        ]

    def missing_facts(self, cause: Cause) -> list[tuple[Item, list[str]]]:
        """Return the products that a rule refuses because facts are unknown, with their names."""
        if cause.rule is None:
            return []
        breaches = [(item, cause.rule.refuses(item)) for item in self.items]
        return [
            (item, [fact_label(name) for name in breach.missing])
            for item, breach in breaches
            if breach and breach.missing
        ]


def read_destination(country: str, province: str = "", postcode: str = "") -> Destination:
    """Return a place as staff type it; province and postal code may be empty.

    Raises ValidationError by field, for example for a postal code of another province.
    """
    code = country.strip().upper()
    if "\0" in code or not Country.objects.filter(pk=code).exists():
        text = gettext("No country has the code “%(code)s”. Write for example DE or CA.")
        raise ValidationError({"country": text % {"code": country.strip()}})
    try:
        province = clean_province(code, province) if province.strip() else ""
    except ValidationError as error:
        raise ValidationError({"province": error.messages}) from error
    code, province = normalize_place(code, province)
    try:
        postcode = clean_postcode(code, province, postcode) if postcode.strip() else ""
    except ValidationError as error:
        raise ValidationError({"postcode": error.messages}) from error
    return Destination(code, province, postcode)


def read_products(texts: Iterable[str]) -> list[SampleLine]:
    """Return the products of texts such as `BT-050=2`, `BT-050 2` or `BT-050`. One query.

    Raises ValidationError with a message for each text that is wrong.
    """
    wanted: Counter[str] = Counter()
    errors: list[str] = []
    for text in filter(None, map(str.strip, texts)):
        try:
            sku, quantity = _read_line(text)
            wanted[sku] += quantity
        except ValidationError as error:
            errors += error.messages
    if wanted.total() > MAX_ITEMS:
        errors.append(str(TOO_MANY_ITEMS))
    records = _stock_records(wanted)
    errors += [_why_unknown(sku) for sku in wanted if sku not in records]
    if errors:
        raise ValidationError(errors)
    lines = [SampleLine(records[sku], quantity) for sku, quantity in wanted.items()]
    if not any(line.product.is_shipping_required for line in lines):
        raise ValidationError(gettext("None of these products is shipped."))
    return lines


def _read_line(text: str) -> tuple[str, int]:
    """Return the SKU in capitals and the quantity, 1 by default."""
    first, *rest = text.rsplit("=", 1) if "=" in text else text.rsplit(maxsplit=1)
    sku, number = first.strip().upper(), fold_digits(rest[0]).strip() if rest else "1"
    if not sku or "\0" in text or not (number.isascii() and number.isdigit()):
        example = gettext("“%(text)s”: write SKU=QUANTITY, such as BT-050=2.")
        raise ValidationError(example % {"text": text})
    if len(number) > _MAX_DIGITS or not 0 < int(number) <= MAX_ITEMS:
        most = gettext("“%(text)s”: the quantity is from 1 to %(most)d.")
        raise ValidationError(most % {"text": text, "most": MAX_ITEMS})
    return sku, int(number)


def _stock_records(skus: Iterable[str]) -> dict[str, StockRecord]:
    """Return the stock records with a price, by SKU in capitals. One query."""
    records = StockRecord.objects.annotate(sku=Upper("partner_sku")).select_related(*WITH_FACTS)
    found = records.filter(sku__in=list(skus), price__isnull=False).order_by("-pk")
    return {each.partner_sku.upper(): each for each in found}  # the first supplier's


def _why_unknown(sku: str) -> str:
    variants = StockRecord.objects.filter(product__parent__upc__iexact=sku, price__isnull=False)
    if choices := list(variants.order_by("partner_sku").values_list("partner_sku", flat=True)):
        text = gettext("%(sku)s has options: choose %(choices)s.")
        return text % {"sku": sku, "choices": ", ".join(dict.fromkeys(choices))}
    return gettext("No product with a price has the SKU “%(sku)s”.") % {"sku": sku}
