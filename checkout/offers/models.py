"""Offers: Oscar's models, able to hold what was loaded for a whole cart at once."""

from functools import cache
from typing import Any

from oscar.apps.offer.abstract_models import (
    AbstractBenefit,
    AbstractCondition,
    AbstractConditionalOffer,
    AbstractRange,
)


class Range(AbstractRange):
    """A set of products. While a cart is priced, it knows which of the cart's it contains."""

    known_members: frozenset[int] | None = None

    class Meta(AbstractRange.Meta):
        pass

    def contains_product(self, product: Any) -> bool:
        """Tell whether the range contains a product, without a query once members are known."""
        if self.known_members is None:
            return bool(super().contains_product(product))
        return product.pk in self.known_members


class Condition(AbstractCondition):
    """What a cart must hold. Oscar looks the class of each kind up anew, in every module."""

    class Meta(AbstractCondition.Meta):
        pass

    @property
    def proxy_map(self) -> dict[str, type]:
        """Return the class of each kind."""
        return _kinds(AbstractCondition)


class Benefit(AbstractBenefit):
    """What an offer gives; likewise."""

    class Meta(AbstractBenefit.Meta):
        pass

    @property
    def proxy_map(self) -> dict[str, type]:
        """Return the class of each kind."""
        return _kinds(AbstractBenefit)


@cache
def _kinds(oscars: Any) -> dict[str, type]:
    known: dict[str, type] = oscars.proxy_map.fget(oscars)
    return known


class ConditionalOffer(AbstractConditionalOffer):
    """An offer; how often a customer used it is asked once, not before each application."""

    class Meta(AbstractConditionalOffer.Meta):
        pass

    def get_num_user_applications(self, user: Any) -> int:
        """Return how often `user` was given this offer in orders."""
        if not hasattr(self, "_used_by_user"):
            self._used_by_user: int = super().get_num_user_applications(user)
        return self._used_by_user

    @property
    def combined_offers(self) -> "list[ConditionalOffer]":
        """Return the offers that may touch the same items as this one, itself among them."""
        return [self, *self.combinations.all(), *self.in_combination.all()]


from oscar.apps.offer.models import *  # type: ignore[assignment]  # noqa: E402, F403 (Oscar's, after ours)
