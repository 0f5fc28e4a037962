"""The texts of active promotions on the pages of their products and categories.

Pages are cached for all visitors: one that is rendered now expires when the next promotion starts
or ends. Only promotions for everyone have banners.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext

from catalog.banners import category_banners_requested, product_banners_requested
from catalog.models import Product
from checkout.offers.applicator import Rules, contains, rules_of
from checkout.offers.models import ConditionalOffer, Range
from microflight.core.page_cache import expire_at, process_cached


@dataclass(frozen=True)
class _Banner:
    text: str
    starts: datetime | None
    ends: datetime | None
    ranges: list[Range]

    def is_active(self, now: datetime) -> bool:
        return (not self.starts or self.starts <= now) and (not self.ends or self.ends > now)

    @property
    def full_text(self) -> str:
        if self.ends is None:
            return self.text
        end = localtime(self.ends)
        is_whole_day = (end.hour, end.minute) == (23, 59)
        day = date_format(end, "F j" if is_whole_day else "F j, H:i")
        return f"{self.text} {gettext('Until %(day)s.') % {'day': day}}"


@receiver(product_banners_requested, dispatch_uid="promotions of products")
def on_product(
    request: HttpRequest,
    products: Iterable[int],
    product_type: int | None,
    paths: Collection[str],
    **_options: Any,
) -> tuple[str, ...]:
    """Return the banners of a product: its ID and those of its variants, and the tree paths of its
    categories."""
    banners, rules, excluded = _active(request)
    shown = [
        SimpleNamespace(pk=pk, parent_id=None, product_class_id=product_type)
        for pk in products
        if pk not in excluded
    ]
    by_product = {one.pk: set(paths) for one in shown}
    return tuple(
        banner.full_text
        for banner in banners
        if any(contains(each, one, rules, by_product) for each in banner.ranges for one in shown)
    )


@receiver(category_banners_requested, dispatch_uid="promotions of categories")
def on_category(request: HttpRequest, path: str, **_options: Any) -> tuple[str, ...]:
    """Return the banners of a category, by its tree path: all of its products have the offer."""
    banners, rules, _excluded = _active(request)

    def is_in(rule: str, products: Range) -> bool:
        return any(path.startswith(one) for one in rules[rule][products.pk])

    return tuple(
        banner.full_text
        for banner in banners
        if any(
            not is_in("excluded_category", each)
            if each.includes_all_products
            else is_in("included_category", each)
            for each in banner.ranges
        )
    )


def _active(request: HttpRequest) -> tuple[list[_Banner], Rules, Collection[int]]:
    """Return what is shown now; the page expires when that changes."""
    banners, rules, excluded = process_cached(request, "promotion banners", _load)
    now = timezone.now()
    for banner in banners:
        for moment in (banner.starts, banner.ends):
            if moment and moment > now:
                expire_at(request, moment)
    return [banner for banner in banners if banner.is_active(now)], rules, excluded


def _load() -> tuple[list[_Banner], Rules, Collection[int]]:
    """Read the banners that have not ended, the rules of their ranges, and the IDs of products
    without discounts. Three queries."""
    offers = ConditionalOffer.objects.filter(
        offer_type=ConditionalOffer.SITE, status=ConditionalOffer.OPEN
    ).exclude(description="")
    now = timezone.now()
    banners = [
        _Banner(
            offer.description,
            offer.start_datetime,
            offer.end_datetime,
            list(filter(None, {offer.condition.range, offer.benefit.range})),
        )
        for offer in offers.select_related("condition__range", "benefit__range")
        if not offer.end_datetime or offer.end_datetime > now
    ]
    rules = rules_of([each.pk for banner in banners for each in banner.ranges])
    excluded = Product.objects.filter(is_discountable=False).values_list("pk", flat=True)
    return banners, rules, frozenset(excluded if banners else ())
