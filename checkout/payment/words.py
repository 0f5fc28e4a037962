"""How one can pay, and what Stripe gets and sets, in the words of the policies."""

from checkout.payment.stripe_gateway import METHODS

#: What stands in a policy for each way to pay that Stripe is asked for.
_WAYS = {
    "card": (
        "**Credit or debit card**, in the card field of the payment page. Stripe process the "
        "payment for us."
    ),
}

STRIPE_GETS = (
    "gets the card and what a bank asks for, from your browser; and from us the amount, the number "
    "of the order and the address of this site."
)
#: Set by Stripe's script on pages with the card field. Source: Stripe's list of cookies
#: (stripe.com/legal/cookies-policy), the two that it sets for the site it runs on.
STRIPE_COOKIES = {"__stripe_mid": "1 year", "__stripe_sid": "30 minutes"}
STRIPE_COOKIE_PURPOSE = "set by Stripe, on the payment page alone, to recognise fraud"


def payment_methods() -> str:
    """Return the ways to pay that are on now, as a Markdown list."""
    return "\n".join(f"- {_WAYS[each]}" for each in METHODS)
