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
#: What Stripe's script sets on pages with the card field, each for how long. That it sets cookies
#: against fraud: docs.stripe.com/js/appendix/cookies, and for m.stripe.com, to which it reports:
#: docs.stripe.com/disputes/prevention/advanced-fraud-detection. Stripe's pages give no names there:
#: the first two and their times stand in browsers' own lists of cookies of shops with that script,
#: all three in such shops' policies (e.g. help.mischieftickets.com, maseraticlub.co.uk; read
#: November 2026). Look at a live payment page before the shop opens.
STRIPE_COOKIES = {"__stripe_mid": "1 year", "__stripe_sid": "30 minutes", "m": "2 years"}
STRIPE_COOKIE_PURPOSE = "set by Stripe, on the payment page alone, to recognise fraud"
#: Those that belong to an address of Stripe's own, not to the shop's.
STRIPES_OWN = {"m": "m.stripe.com"}


def cookie_purpose(name: str) -> str:
    """Return what one of Stripe's cookies is for, and whose it is where it is not the shop's."""
    host = STRIPES_OWN.get(name)
    return f"{STRIPE_COOKIE_PURPOSE}; it belongs to {host}" if host else STRIPE_COOKIE_PURPOSE


def payment_methods() -> str:
    """Return the ways to pay that are on now, as a Markdown list."""
    return "\n".join(f"- {_WAYS[each]}" for each in METHODS)
