"""How one can pay, and what Stripe gets and sets, in the words of the policies."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.functional import lazy
from django.utils.text import get_text_list
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from checkout.payment.stripe_gateway import METHODS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

#: What stands in a policy for each way to pay that Stripe is asked for.
_WAYS = {
    "card": _(
        "**Credit or debit card**, in the card field of the payment page. Stripe process the "
        "payment for us."
    ),
    "wallets": _(
        "**Apple Pay, Google Pay or Link**, in the same field, where your device or browser "
        "offers them. The wallet passes your card to Stripe."
    ),
}

#: What Stripe gets from the browser and from us: by parameter, in the words of the privacy policy.
FROM_THE_BROWSER = {
    "card": _("the card"),
    "name": _("your name"),
    "email": _("your email address"),
    "address": _("the billing address of the card"),
}
FROM_THE_SHOP = {
    "amount": _("the amount"),
    "description": _("the number of your order"),
    "metadata": _("our number for the payment"),
    "shipping": _("the name and address that it ships to"),
    "return_url": _("the address of this site"),
}
#: Stripe's script may load it on each page that it runs on, in a frame of its own:
#: docs.stripe.com/disputes/prevention/advanced-fraud-detection
HCAPTCHA_GETS = _(
    "may be loaded by Stripe's script, from hcaptcha.com, to tell people from programs. It then "
    "gets your internet address and how the payment page is used, from your browser. It gets "
    "nothing from us."
)
WALLETS_GET = _(
    "learn from your browser which shop you pay and how much, if you pay with their wallet."
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


def processors() -> dict[str, "StrOrPromise"]:
    """Return who gets data for a payment, and which data, as the end of a sentence."""
    found: dict[str, StrOrPromise] = {
        "Stripe": lazy(stripe_gets, str)(),
        "hCaptcha": HCAPTCHA_GETS,
    }
    return found | ({"Apple, Google or Link": WALLETS_GET} if settings.STRIPE_WALLETS else {})


def stripe_gets() -> str:
    """Return what Stripe gets and why, as the end of a sentence that begins with its name."""
    return _now(
        "gets {browser} from your browser, and what your bank asks for; and from us {shop}. It "
        "uses them to charge the card, to recognize fraud and to answer disputes."
    ).format(browser=_listed(FROM_THE_BROWSER), shop=_listed(FROM_THE_SHOP))


def _listed(things: Mapping[str, object]) -> str:
    return get_text_list([str(each) for each in things.values()], _now("and"))


def payment_methods() -> str:
    """Return the ways to pay that are on now, as a Markdown list."""
    ways = [*METHODS, "wallets"] if settings.STRIPE_WALLETS else METHODS
    return "\n".join(f"- {_WAYS[each]}" for each in ways)
