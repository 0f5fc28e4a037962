"""Why a request to Stripe failed."""


class GatewayError(Exception):
    """A request to Stripe failed."""


class CardDeclined(GatewayError):
    """The bank declined; the message is Stripe's and may be shown to the customer.

    `ended`: the intent accepts no other card (`Intent.is_used_up`).
    """

    def __init__(self, message: str, *, ended: bool = False) -> None:
        self.ended = ended
        super().__init__(message)


class GatewayDown(GatewayError):
    """No reliable response: the request may have succeeded."""


class GatewayBusy(GatewayDown):
    """Stripe is still performing the same request, made at the same moment."""


class ErrorReplayed(GatewayDown):
    """Stripe failed, and replays the error for a day for this idempotency key."""


class GatewayRefused(GatewayError):
    """Stripe rejected the request permanently; `code` is Stripe's."""

    def __init__(self, message: str, code: str = "") -> None:
        self.code = code
        super().__init__(message)


class NotSent(GatewayDown):
    """A limit of this web request (`stripe_limits.py`): nothing was sent to Stripe."""
