"""Prices a cart under its offers with a fixed number of queries."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, Q, prefetch_related_objects
from django.utils import timezone
from oscar.apps.offer import applicator
from oscar.apps.voucher.models import Voucher

from checkout.offers.membership import members_by_range
from checkout.offers.models import ConditionalOffer
from microflight.core.compiled_query import CompiledQuery


class Applicator(applicator.Applicator):
    """Oscar's rules over offers, ranges and memberships that were loaded together."""

    def apply(self, basket: Any, user: Any = None, request: Any = None) -> None:
        """Put the discounts on the lines of a cart; the sums of offers and lines agree."""
        super().apply(basket, user, request)
        _count_what_lines_got(basket)

    def get_offers(self, basket: Any, user: Any = None, request: Any = None) -> list[Any]:
        """Return the offers to try, the most important first, ready to run without queries."""
        offers = [*self.get_basket_offers(basket, user), *self.get_site_offers()]
        offers.sort(key=lambda offer: offer.priority, reverse=True)
        _prepare(offers, basket)
        return offers

    def get_site_offers(self) -> Any:
        """Return running offers for everybody, each with condition, benefit and both ranges."""
        return _SITE_OFFERS(timezone.now())

    def get_basket_offers(self, basket: Any, user: Any) -> list[Any]:
        """Return the offers of the cart's vouchers that hold now and for this shopper.

        The vouchers stay on the cart as `known_vouchers`, for the page that lists them.
        """
        if basket.pk is None or user is None:
            return []
        found = []
        basket.known_vouchers = _VOUCHERS(basket.pk)
        rules = Prefetch("offers", _with_rules(ConditionalOffer.objects.all()))
        prefetch_related_objects(basket.known_vouchers, rules)
        for voucher in basket.known_vouchers:
            if voucher.is_active() and voucher.is_available_to_user(user=user)[0]:
                for offer in voucher.offers.all():
                    offer.set_voucher(voucher)
                    found.append(offer)
        return found


def _with_rules(offers: Any) -> Any:
    return offers.select_related("condition__range", "benefit__range")


def _running(moment: datetime) -> Any:
    """Offers for everybody that run at a moment: Oscar's `active`, which takes no moment."""
    return ConditionalOffer.objects.filter(
        Q(end_datetime__gte=moment) | Q(end_datetime=None),
        Q(start_datetime__lte=moment) | Q(start_datetime=None),
        status=ConditionalOffer.OPEN,
        offer_type=ConditionalOffer.SITE,
    )


_SITE_OFFERS = CompiledQuery(lambda moment: _with_rules(_running(moment)))
_VOUCHERS = CompiledQuery(lambda basket: Voucher.objects.filter(basket=basket))
_COMBINED = CompiledQuery(
    lambda offers: ConditionalOffer.combinations.through.objects.filter(
        from_conditionaloffer__in=offers
    ).values_list("pk")[:1]
)


def _prepare(offers: list[Any], basket: Any) -> None:
    """Give each offer its final rule objects, and each range the cart's products in it."""
    ranges: dict[int, list[Any]] = {}
    for offer in offers:
        for name in ("condition", "benefit"):
            rule = getattr(offer, name)
            proxy = rule.proxy()
            if rule.range_id:
                proxy.range = rule.range  # a proxy is a copy without what was joined to it
                ranges.setdefault(rule.range_id, []).append(rule.range)
            setattr(offer, name, proxy)
    plain = {pk: copies for pk, copies in ranges.items() if not copies[0].proxy_class}
    members = members_by_range([copies[0] for copies in plain.values()], basket)
    for pk, copies in plain.items():
        for each in copies:
            each.known_members = members[pk]
    if len(offers) > 1:
        _know_combinations(offers)


def _know_combinations(offers: list[Any]) -> None:
    """Give each offer those that it may be combined with; most have none."""
    if _COMBINED(tuple(offer.pk for offer in offers)):
        prefetch_related_objects(offers, "combinations")
        return
    for offer in offers:
        offer._prefetched_objects_cache = {"combinations": ConditionalOffer.objects.none()}


def _count_what_lines_got(basket: Any) -> None:
    """Set each offer's discount to the sum over the lines, which are rounded to cents.

    Oscar rounds the offer's sum and leaves the lines' shares unrounded, so the two differ.
    """
    got: dict[int, Decimal] = {}
    for line in basket.all_lines():
        for share in line.discounts:
            if share.offer is not None:
                got[share.offer.pk] = got.get(share.offer.pk, Decimal(0)) + share.amount
    for pk, application in basket.offer_applications.applications.items():
        if application["result"].affects_basket:
            application["discount"] = got.get(pk, Decimal(0))
