"""The cart in the page header."""

from decimal import Decimal
from typing import Any

from checkout.basket.models import Basket
from checkout.pages.cart_middleware import cookie_basket_id


def cart_summary(request: Any, *, user: Any = None) -> tuple[int, Decimal]:
    """Return (items, total in CAD after discounts) of the visitor's open cart.

    `user` is the account that is logged in, if any. Takes one query on stored columns, and none
    without a cart cookie or if this request has loaded the cart already.
    """
    loaded = getattr(request, "_basket_cache", None)
    if loaded is not None:
        return loaded.item_count, loaded.total
    if user is not None:
        carts = Basket.open.filter(owner=user)
    elif (pk := cookie_basket_id(request)) is not None:
        carts = Basket.open.filter(pk=pk, owner=None)
    else:
        return 0, Decimal(0)
    return carts.order_by("pk").values_list("item_count", "total").first() or (0, Decimal(0))
