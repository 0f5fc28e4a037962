"""Why an order cannot be placed. Every message may be shown to the shopper."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from checkout.basket.services import TOO_MANY_ITEMS
from microflight.core.money import MAXIMUM_CHARGE, MINIMUM_CHARGE, format_cents

EARLY_CHARGE_MISSING = gettext_lazy(
    "Check the box to be charged now, or remove what ships late from your cart. "
    "Nothing was charged."
)


class CheckoutError(Exception):
    """The order was not placed and nothing has changed.

    `reason` is the message without "Nothing was charged", for orders that were charged already.
    `field` is the form field at which the page shows the message.
    """

    field = ""

    def __init__(self, reason: str, *, say_uncharged: bool = False) -> None:
        self.reason = reason
        super().__init__(f"{reason} {_('Nothing was charged.')}" if say_uncharged else reason)


class EmptyCart(CheckoutError):
    """The cart has no items."""

    def __init__(self) -> None:
        super().__init__(_("Your cart is empty."))


class TooManyItems(CheckoutError):
    """Two carts were merged into one with more items than a cart may hold."""

    def __init__(self) -> None:
        super().__init__(str(TOO_MANY_ITEMS), say_uncharged=True)


class NoShippingMethod(CheckoutError):
    """No shipping method is selected, or none is available for this address."""

    field = "shipping_method"

    def __init__(self) -> None:
        super().__init__(_("Choose a shipping method."))


class BelowMinimumCharge(CheckoutError):
    """The total is below the minimum of a card payment."""

    def __init__(self) -> None:
        text = _("The minimum for card payments is %(amount)s. Add another item to your cart.")
        super().__init__(text % {"amount": format_cents(MINIMUM_CHARGE)}, say_uncharged=True)


class AboveMaximumCharge(CheckoutError):
    """The total is above the maximum of a card payment."""

    def __init__(self) -> None:
        text = _("The maximum for card payments is %(amount)s. For more, email or call us.")
        super().__init__(text % {"amount": format_cents(MAXIMUM_CHARGE)}, say_uncharged=True)


class WrongSum(CheckoutError):
    """Lines, discounts, shipping and taxes of the quote do not add up to its total."""

    def __init__(self) -> None:
        text = _("We cannot calculate the total of this order. Please email or call us.")
        super().__init__(text, say_uncharged=True)


class CardMissing(CheckoutError):
    """The browser sent no confirmation token of a card."""

    def __init__(self) -> None:
        text = _("Your card details did not reach us. Please enter them and press Pay again.")
        super().__init__(text, say_uncharged=True)


class TooManyUnpaidOrders(CheckoutError):
    """Unpaid orders of this visitor, IP address or network reserve as much as we allow."""

    def __init__(self, *, by_visitor: bool) -> None:
        if by_visitor:
            text = _(
                "You have unpaid orders, which reserve items. Please pay or change them first."
            )
        else:
            text = _(
                "There are too many unpaid orders from your network. Please try again in a few "
                "minutes, or order by phone."
            )
        super().__init__(text, say_uncharged=True)


class PolicyNotAccepted(CheckoutError):
    """The order requires acceptance of the policies in force."""

    def __init__(self) -> None:
        super().__init__(_("Please read and accept our policies before you order."))


class OutOfStock(CheckoutError):
    """Another order took the stock."""

    def __init__(self, title: str, left: int = 0) -> None:
        self.left = left
        if left:
            text = _("Only %(left)d of %(product)s left.") % {"left": left, "product": title}
        else:
            text = _("%(product)s has just sold out.") % {"product": title}
        super().__init__(text, say_uncharged=True)


class OnBackorder(CheckoutError):
    """Another order took the stock; the product can be backordered but ships later than shown."""

    def __init__(self, title: str) -> None:
        text = _("%(product)s has just gone on backorder and ships later than shown.")
        super().__init__(text % {"product": title}, say_uncharged=True)


class EarlyChargeNotAgreed(CheckoutError):
    """The card is charged before the order ships, and the shopper did not accept this."""

    field = "early_charge"

    def __init__(self) -> None:
        super().__init__(str(EARLY_CHARGE_MISSING))


class BlockedWhileAway(CheckoutError):
    """A product cannot be ordered while the shop is away."""

    def __init__(self, titles: Sequence[str], reopens_on: date) -> None:
        text = _(
            "%(products)s cannot be ordered until we reopen on %(day)s. Remove it from your cart "
            "to order the rest."
        )
        products = get_text_list(list(titles), _("and"))
        day = date_format(reopens_on, "l, F j, Y")
        super().__init__(text % {"products": products, "day": day}, say_uncharged=True)


class OfferUsedUp(CheckoutError):
    """An offer or voucher in the cart has reached its limit."""

    def __init__(self, name: str) -> None:
        text = _("“%(offer)s” can no longer be used.") % {"offer": name}
        super().__init__(text, say_uncharged=True)


class CartChanged(CheckoutError):
    """The current `quote` differs from the one that the shopper saw."""

    def __init__(self, quote: Any) -> None:
        self.quote = quote
        super().__init__(_("Your order has changed. Please check the new total."))
