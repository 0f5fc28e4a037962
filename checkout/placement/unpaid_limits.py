"""Limits of unpaid orders, which reserve stock: per visitor, IP address and network."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q, Sum
from django.utils.crypto import salted_hmac

from checkout.order.errors import TooManyUnpaidOrders
from checkout.order.models import Order
from checkout.order.staff_fields import Channel
from checkout.order.states import OrderState
from microflight.core.limits import network_of
from microflight.core.row_locks import lock_names


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who orders: the account, the IP address, and a guest's carts with unpaid orders.

    `has_card` tells that the browser sent a confirmation token of a card.
    """

    user: Any = None
    ip: str = ""
    unpaid_carts: tuple[int, ...] = ()
    has_card: bool = True

    @property
    def ip_key(self) -> str:
        """Return a keyed hash of the IP address, or an empty string."""
        return salted_hmac("unpaid-orders", self.ip).hexdigest()[:32] if self.network else ""

    @property
    def network(self) -> str:
        """Return the network of the IP address: /24 for IPv4, /64 for IPv6, "" if it is invalid."""
        return network_of(self.ip, v6=64)


def check_unpaid_orders(visitor: Visitor, units: int) -> None:
    """Raise TooManyUnpaidOrders if another order of this many units exceeds a limit.

    A first order is limited by the size of a cart only. Orders of one visitor or network are
    counted one after another, each with those before it: call it in the transaction of the order.
    """
    _wait_for_others(visitor)
    mine = Q(basket__in=visitor.unpaid_carts)
    if visitor.user is not None:
        mine |= Q(user=visitor.user)
    same = mine | Q(network=visitor.network) if visitor.network else mine
    pending = Order.objects.filter(same, status=OrderState.PENDING, channel=Channel.ONLINE)
    rows = list(
        pending.annotate(units=Sum("lines__quantity", default=0)).values_list(
            "user", "basket", "ip_key", "network", "units"
        )
    )
    owner = visitor.user.pk if visitor.user is not None else 0
    _check("visitor", (r[4] for r in rows if r[0] == owner or r[1] in visitor.unpaid_carts), units)
    _check("ip", (r[4] for r in rows if r[2] and r[2] == visitor.ip_key), units)
    _check("network", (r[4] for r in rows if r[3] and r[3] == visitor.network), units)


def _wait_for_others(visitor: Visitor) -> None:
    account = [f"unpaid:account:{visitor.user.pk}"] if visitor.user is not None else []
    network = [f"unpaid:network:{visitor.network}"] if visitor.network else []
    lock_names(*account, *network)


def _check(who: str, reserved: Iterable[int], units: int) -> None:
    most_orders, most_units = settings.UNPAID_LIMITS[who]
    orders = list(reserved)
    if len(orders) >= most_orders or (orders and sum(orders) + units > most_units):
        raise TooManyUnpaidOrders(by_visitor=who == "visitor")
