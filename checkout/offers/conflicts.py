"""Which offers exclude each other on the same items, and which of them shoppers then get."""

from collections.abc import Iterable

from django.utils.translation import gettext

from catalog.models import Product
from checkout.offers.models import ConditionalOffer

WITHOUT_CODE = [ConditionalOffer.SITE, ConditionalOffer.USER]


def competing_offers(offer: ConditionalOffer) -> list[ConditionalOffer]:
    """Return the offers of which, with this one, shoppers get only one on the same items: where one
    of them uses the items, the other does not apply to them."""
    combined = {each.pk for each in offer.combined_offers}
    return [
        each
        for each in _open_with(offer)
        if (each.pk not in combined or each.exclusive or offer.exclusive)
        and (is_on_shipping(each) != is_on_shipping(offer) or _are_rivals(each, offer))
    ]


def is_on_shipping(offer: ConditionalOffer) -> bool:
    """Return whether an offer reduces the shipping charge."""
    return str(offer.benefit.type).startswith("Shipping")


def _are_rivals(one: ConditionalOffer, other: ConditionalOffer) -> bool:
    """Return whether shoppers would expect both. A code is meant to replace another offer."""
    both_without_code = {one.offer_type, other.offer_type} <= set(WITHOUT_CODE)
    return both_without_code and _share_products(one, other)


def _share_products(one: ConditionalOffer, other: ConditionalOffer) -> bool:
    ranges = [each.benefit.range or each.condition.range for each in (one, other)]
    limited = [each.product_queryset.values("pk") for each in ranges if each is not None]
    if len(limited) < 2:  # one of them is for any product
        return True
    first, second = limited
    return bool(Product.objects.filter(pk__in=first).filter(pk__in=second).exists())


def _open_with(offer: ConditionalOffer) -> Iterable[ConditionalOffer]:
    """Return the other offers that are open on some of the same days: those without a code, and of
    an offer without one also those with."""
    types = [*WITHOUT_CODE, ConditionalOffer.VOUCHER]
    if offer.offer_type not in types or offer.status != ConditionalOffer.OPEN:
        return []
    wanted = types if offer.offer_type in WITHOUT_CODE else WITHOUT_CODE
    others = ConditionalOffer.objects.exclude(pk=offer.pk).filter(
        offer_type__in=wanted, status=ConditionalOffer.OPEN
    )
    if offer.end_datetime:
        others = others.exclude(start_datetime__gt=offer.end_datetime)
    if offer.start_datetime:
        others = others.exclude(end_datetime__lt=offer.start_datetime)
    return others.select_related("benefit__range", "condition__range")


def conflict(offer: ConditionalOffer, other: ConditionalOffer) -> str:
    """Return what shoppers do not get because of two competing offers, for staff."""
    first, second = sorted((offer, other), key=_order)
    cause = next((each for each in (first, second) if each.exclusive), None)
    reason = gettext("“%(first)s” and “%(second)s” are not combined")
    if cause:
        reason = gettext("“%(cause)s” is exclusive")
    text = reason + gettext(
        ", and “%(first)s” is applied first: “%(second)s” will not apply to the same items."
    )
    return text % {"first": first.name, "second": second.name, "cause": cause and cause.name}


def _order(offer: ConditionalOffer) -> tuple[int, bool, int]:
    """Return the sort key by which a cart applies offers: see `Applicator.get_offers`."""
    return -offer.priority, offer.offer_type != ConditionalOffer.VOUCHER, offer.pk
