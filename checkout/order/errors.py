"""What may go wrong between cart and order. Every text may be shown to the shopper."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from microflight.core.money import LEAST_CHARGE, from_cents

if TYPE_CHECKING:
    from checkout.placement.quote import Quote


UNCHARGED = "Nothing was charged."
EARLY_CHARGE_MISSING = _(
    "Tick the box to be charged now, or remove what ships late from your cart. Nothing was charged."
)


class CheckoutError(Exception):
    """The order was not placed and nothing has changed."""

    @property
    def reason(self) -> str:
        """Return what happened, without a word about money, for where money did move."""
        return str(self).removesuffix(UNCHARGED).rstrip()


class EmptyCart(CheckoutError):
    """There is nothing to order."""

    def __init__(self) -> None:
        super().__init__("Your cart is empty.")


class NoShippingMethod(CheckoutError):
    """No shipping method is selected, or none is available for this address."""

    def __init__(self) -> None:
        super().__init__(_("Choose a shipping method."))


class TooLittle(CheckoutError):
    """A card cannot be charged so little."""

    def __init__(self) -> None:
        least = from_cents(LEAST_CHARGE)
        super().__init__(f"An order has to come to ${least} at least to be paid by card: put "
                         f"something more into your cart. {UNCHARGED}")  # fmt: skip


class PolicyNotAccepted(CheckoutError):
    """An order needs the shopper's agreement to the texts in force."""

    def __init__(self) -> None:
        super().__init__("Please read and accept our policies before you order.")


class OutOfStock(CheckoutError):
    """Another buyer was faster."""

    def __init__(self, title: str, left: int = 0) -> None:
        self.left = left
        few = f"Only {left} of {title} can be had now." if left else f"{title} has just sold out."
        super().__init__(f"{few} {UNCHARGED}")


class OnBackorder(CheckoutError):
    """Another buyer was faster, and what can still be ordered ships later than was shown."""

    def __init__(self, title: str) -> None:
        words = _("%(product)s has just gone on backorder and ships later than shown.")
        super().__init__(f"{words % {'product': title}} {UNCHARGED}")


class EarlyChargeNotAgreed(CheckoutError):
    """The goods ship so late that the card is charged at once, and the box for it is empty."""

    def __init__(self) -> None:
        super().__init__(EARLY_CHARGE_MISSING)


class OfferUsedUp(CheckoutError):
    """An offer or a voucher in the cart reached its limit meanwhile."""

    def __init__(self, name: str) -> None:
        super().__init__(f"“{name}” can no longer be used. {UNCHARGED}")


class CartChanged(CheckoutError):
    """What the shopper saw is not what the order would be; `quote` is what it would be now."""

    def __init__(self, quote: "Quote") -> None:
        self.quote = quote
        super().__init__("Something in your order has changed. Please look at the new total.")
