"""Oscar-shaped: hooks that Oscar's own code looks up by name, pointing to ours."""

from typing import Any

from oscar.apps.order import utils

from checkout.order.numbers import next_number


class OrderNumberGenerator(utils.OrderNumberGenerator):
    """Numbers from our own sequence, not from the basket's id."""

    def order_number(self, basket: Any = None) -> str:
        """Return a fresh number."""
        return next_number()


class OrderCreator(utils.OrderCreator):
    """Oscar's, for its factories in tests. The shop itself uses checkout.placement."""
