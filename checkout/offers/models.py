"""Oscar's offer models, with caches that `applicator.py` fills for a whole cart."""

from functools import cache
from typing import Any

from oscar.apps.offer.abstract_models import (
    AbstractBenefit,
    AbstractCondition,
    AbstractConditionalOffer,
    AbstractRange,
)


class Range(AbstractRange):
    """A product range. While offers are applied, it knows which products of the cart it has."""

    known_members: frozenset[int] | None = None

    class Meta(AbstractRange.Meta):
        pass

    def contains_product(self, product: Any) -> bool:
        """Return whether the range contains a product; no query once members are known."""
        if self.known_members is None:
            return bool(super().contains_product(product))
        return product.pk in self.known_members


class Condition(AbstractCondition):
    """When an offer applies. Oscar's `proxy_map` loads each class again on every access."""

    class Meta(AbstractCondition.Meta):
        pass

    @property
    def proxy_map(self) -> dict[str, type]:
        """Return the proxy class of each type."""
        return _proxy_map(AbstractCondition)


class Benefit(AbstractBenefit):
    """The discount of an offer."""

    class Meta(AbstractBenefit.Meta):
        pass

    @property
    def proxy_map(self) -> dict[str, type]:
        """Return the proxy class of each type."""
        return _proxy_map(AbstractBenefit)


@cache
def _proxy_map(model: Any) -> dict[str, type]:
    proxies: dict[str, type] = model.proxy_map.fget(model)
    return proxies


class ConditionalOffer(AbstractConditionalOffer):
    """An offer that queries a customer's number of uses once, not before each application."""

    class Meta(AbstractConditionalOffer.Meta):
        pass

    def get_num_user_applications(self, user: Any) -> int:
        """Return how often `user` used this offer in orders."""
        if not hasattr(self, "_used_by_user"):
            self._used_by_user: int = super().get_num_user_applications(user)
        return self._used_by_user

    @property
    def combined_offers(self) -> "list[ConditionalOffer]":
        """Return this offer and those that can be combined with it."""
        return [self, *self.combinations.all(), *self.in_combination.all()]


from oscar.apps.offer.models import *  # type: ignore[assignment]  # noqa: E402, F403 (Oscar's, after ours)
