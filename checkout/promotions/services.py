"""Saves a promotion in Oscar's models, and generates sets of discount codes."""

from collections.abc import Iterable
from datetime import date, time
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.utils.timezone import localtime
from django.utils.translation import gettext
from oscar.apps.voucher.models import Voucher, VoucherSet
from oscar.apps.voucher.utils import generate_code

from checkout.offers.models import (
    Benefit,
    Condition,
    ConditionalOffer,
    Eligibility,
    EligibleEmail,
    Range,
)
from checkout.promotions.models import Promotion
from checkout.promotions.terms import FOR_ACCOUNTS, NO_END, OF_PRODUCTS, USAGE, Scope, What, Who
from microflight.core.errors import ServiceError
from policies.opening.calendars import at

#: The most codes of one set.
MAX_CODES = 5_000
#: Letters and digits of a code: 32 to the power of 12 are about 10^18 codes.
_CODE_LENGTH = 12
_NAME_LENGTH = 128  # of Oscar's names


def free_name(model: type[models.Model], wanted: str, own: Any = None) -> str:
    """Return the name, or with a number if another row of the model has it."""
    stem = wanted[: _NAME_LENGTH - 6]
    rows = model._default_manager.exclude(pk=own).filter(name__startswith=stem)
    taken = set(rows.values_list("name", flat=True))
    names = (stem if n == 1 else f"{stem} ({n})" for n in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def set_period(offer: Promotion, first: date | None, last: date | None) -> None:
    """Set start and end to whole days of the shop's time zone; a time of an unchanged day stays."""
    start, end = offer.period if offer.pk else (None, None)
    if first is None or start is None or localtime(start).date() != first:
        start = at(first, time()) if first else None
    if last is None or end is None or localtime(end).date() != last:
        end = at(last, time.max) if last else None
    offer.start_datetime, offer.end_datetime = start, end


def write_rules(offer: Promotion, data: dict[str, Any], *, products_changed: bool) -> None:
    """Create or update range, condition and benefit, and set them on the offer (not saved). Those
    that other offers use stay as they are: the promotion gets its own."""
    products = _write_range(offer, data, products_changed=products_changed)
    what = What(data["what"])
    by_value = data["min_spend"] is not None
    offer.condition = _write_rule(
        Condition,
        offer.condition if offer.condition_id else None,
        offer,
        type=Condition.VALUE if by_value else Condition.COUNT,
        value=data["min_spend"] if by_value else data["min_quantity"] or 1,
        range=products,
    )
    is_free = what == What.FREE_SHIPPING
    offer.benefit = _write_rule(
        Benefit,
        offer.benefit if offer.benefit_id else None,
        offer,
        type=Benefit.SHIPPING_PERCENTAGE if is_free else what.value,
        value=100 if is_free else data["amount"],
        range=products if what in OF_PRODUCTS else None,
    )
    _write_who(offer, Who(data["who"]), data["tag"])


def _write_who(offer: Promotion, who: Who, tag: str) -> None:
    offer.eligibility = who.value if who.value in Eligibility.values else ""
    offer.customer_tag = tag
    if who in FOR_ACCOUNTS:
        offer.offer_type = offer.USER
    else:
        is_for_all = who in (Who.EVERYONE, Who.FIRST_ORDER)
        offer.offer_type = offer.SITE if is_for_all else offer.VOUCHER


def _write_rule(model: Any, current: Any, offer: Promotion, **values: Any) -> Any:
    if current and all(getattr(current, name) == value for name, value in values.items()):
        return current
    if current is None or current.offers.exclude(pk=offer.pk).exists():
        current = model()
    for name, value in values.items():
        setattr(current, name, value)
    current.save()
    return current


def _write_range(offer: Promotion, data: dict[str, Any], *, products_changed: bool) -> Range:
    current = offer.condition.range if offer.condition_id else None
    if current and not products_changed:
        return current
    if current is None or _is_shared(current, offer):
        current = Range(name=free_name(Range, offer.name))
    current.includes_all_products = data["scope"] == Scope.ALL
    current.save()
    current.included_categories.set(data["categories"])
    current.classes.set(data["types"])
    current.included_products.set(data["products"])
    current.invalidate_cached_queryset()
    return current


def _is_shared(products: Range, offer: Promotion) -> bool:
    """Return whether another offer, or a rule that is not this offer's, uses a range."""
    offers = ConditionalOffer.objects.filter(
        Q(condition__range=products) | Q(benefit__range=products)
    )
    return (
        offers.exclude(pk=offer.pk).exists()
        or Condition.objects.filter(range=products).exclude(pk=offer.condition_id).exists()
        or Benefit.objects.filter(range=products).exclude(pk=offer.benefit_id).exists()
    )


def _dates_of_codes(offer: Promotion) -> dict[str, Any]:
    """Return the days of a promotion, of which codes need both."""
    return {
        "start_datetime": offer.start_datetime or offer.date_created,
        "end_datetime": offer.end_datetime or NO_END,
    }


def write_emails(offer: Promotion, emails: Iterable[str]) -> None:
    """Replace the email addresses of the chosen customers of a saved promotion."""
    wanted, rows = set(emails), offer.eligible_emails
    rows.exclude(email__in=wanted).delete()
    known = set(rows.values_list("email", flat=True))
    EligibleEmail.objects.bulk_create(
        EligibleEmail(offer_id=offer.pk, email=each) for each in sorted(wanted - known)
    )


def write_codes(offer: Promotion, data: dict[str, Any]) -> None:
    """Create or update the codes of a saved promotion, which are valid on its days."""
    vouchers = Voucher.objects.filter(offers=offer)
    if not offer.is_with_code:
        return
    dates = _dates_of_codes(offer)
    who = Who(data["who"])
    if who == Who.CODE_SET:
        VoucherSet.objects.filter(vouchers__offers=offer).update(**dates)
        vouchers.update(**dates)
        if data["codes"]:
            add_codes(offer, data["codes"])
        return
    voucher = vouchers.first() or Voucher()
    voucher.code, voucher.usage = data["code"], USAGE[who]
    voucher.name = free_name(Voucher, offer.name, voucher.pk)
    for name, value in dates.items():
        setattr(voucher, name, value)
    voucher.save()
    voucher.offers.set([offer])


@transaction.atomic
def add_codes(offer: Promotion, number: int) -> VoucherSet:
    """Generate a set of one-time codes for a promotion, valid on its days."""
    if not 1 <= number <= MAX_CODES:
        text = gettext("Enter a number of codes up to %(most)s.")
        raise ServiceError(text % {"most": MAX_CODES})
    dates = _dates_of_codes(offer)
    name = free_name(VoucherSet, offer.name[:90])
    made = VoucherSet.objects.create(name=name, count=number, code_length=_CODE_LENGTH, **dates)
    vouchers = Voucher.objects.bulk_create(
        Voucher(
            name=f"{name} {code}", code=code, usage=Voucher.SINGLE_USE, voucher_set=made, **dates
        )
        for code in _unused_codes(number)
    )
    through = Voucher.offers.through
    through.objects.bulk_create(
        through(voucher_id=each.pk, conditionaloffer_id=offer.pk) for each in vouchers
    )
    return made


def unused_code() -> str:
    """Return a new code that cannot be guessed."""
    return next(iter(_unused_codes(1)))


def _unused_codes(number: int) -> Iterable[str]:
    codes: set[str] = set()
    while len(codes) < number:
        new = {generate_code(_CODE_LENGTH) for _ in range(number - len(codes))}
        codes |= new - set(Voucher.objects.filter(code__in=new).values_list("code", flat=True))
    return sorted(codes)
