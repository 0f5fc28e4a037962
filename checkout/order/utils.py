"""Oscar-shaped: hooks that Oscar's own code looks up by name, pointing to ours."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from oscar.apps.order import utils
from oscar.core.loading import get_class  # noqa: TID251

from checkout.basket.models import Basket
from checkout.order.numbers import next_number

Applicator = get_class("offer.applicator", "Applicator")
Selector = get_class("partner.strategy", "Selector")


class OrderNumberGenerator(utils.OrderNumberGenerator):
    """Numbers from our own sequence, not from the basket's id."""

    def order_number(self, basket: Any = None) -> str:
        """Return a fresh number."""
        return next_number()


class OrderCreator(utils.OrderCreator):
    """Oscar's, for its factories in tests. The shop itself uses checkout.placement."""


def price_afresh(basket: Basket, user: Any) -> None:
    """Give a basket just read from the database its prices and its offers, as they are now."""
    basket.strategy = Selector().strategy(user=user)
    if user is not None and basket.owner_id == user.pk:
        basket.owner = user
    Applicator().apply(basket, user or AnonymousUser())
