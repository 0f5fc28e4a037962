"""Prices of a cart that is not stored: what checkout would charge for some products."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth.models import AnonymousUser

from catalog.partner.models import StockRecord
from catalog.partner.strategy import Selector
from checkout.basket.models import Basket, Line
from checkout.offers.applicator import Applicator
from checkout.offers.customers import Customer
from checkout.offers.models import ConditionalOffer


class _SampleApplicator(Applicator):
    """Applies some offers as if they were active, besides those that are."""

    def __init__(self, offers: Sequence[ConditionalOffer]) -> None:
        self.offers = offers

    def eligible_offers(self, offers: list[Any], customer: Customer) -> list[Any]:
        """Return the offers that everyone gets, and those of the sample."""
        shown = {offer.pk for offer in self.offers}
        others = super().eligible_offers([o for o in offers if o.pk not in shown], customer)
        allowed = shown | {offer.pk for offer in others}
        return [offer for offer in offers if offer.pk in allowed]

    def get_basket_offers(self, basket: Any, user: Any) -> list[Any]:
        """Return those of the offers that need a code."""
        return [each for each in self.offers if each.offer_type == each.VOUCHER]

    def get_site_offers(self, user: Any = None) -> list[Any]:
        """Return the active offers, and the others of the offers."""
        added = [each for each in self.offers if each.offer_type != each.VOUCHER]
        found = {each.pk: each for each in [*super().get_site_offers(user), *added]}
        return sorted(found.values(), key=lambda each: each.pk)


def sample_basket(
    items: Iterable[tuple[StockRecord, int]], offers: Sequence[ConditionalOffer] = ()
) -> Basket:
    """Return a priced cart of stock records (with their products) and quantities; nothing is
    stored. `offers` apply as if they were active; select their rules and ranges."""
    basket = Basket()
    basket.strategy = Selector().strategy()
    basket._lines = [
        Line(
            basket=basket,
            product=record.product,
            stockrecord=record,
            quantity=quantity,
            line_reference=f"{record.product_id}_{record.pk}",
        )
        for record, quantity in items
    ]
    basket.pk = 0  # it has lines; no row has this key
    _SampleApplicator(offers).apply(basket, AnonymousUser())
    return basket
