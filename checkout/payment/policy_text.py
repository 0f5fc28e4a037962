"""Texts of the policies about payment methods, Stripe's data and its cookies."""

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

#: The text of each payment method in the payment policy.
_METHOD_TEXTS = {
    "card": _(
        "**Credit or debit card**, in the card field of the payment page. Stripe process the "
        "payment for us."
    ),
    "wallets": _(
        "**Apple Pay, Google Pay or Link**, in the same field, where your device or browser "
        "offers them. The wallet passes your card to Stripe."
    ),
}

#: What Stripe receives from the browser and from us: by parameter, as the privacy policy says it.
FROM_THE_BROWSER = {
    "card": _("the card"),
    "name": _("your name"),
    "email": _("your email address"),
    "address": _("the billing address of the card"),
}
FROM_THE_SHOP = {
    "amount": _("the amount"),
    "description": _("the number of your order"),
    "metadata": _("our ID of the payment"),
    "shipping": _("the name and address that it ships to"),
    "return_url": _("the URL of this site"),
}
#: Stripe's script may load hCaptcha on its pages, in an iframe:
#: docs.stripe.com/disputes/prevention/advanced-fraud-detection
HCAPTCHA_GETS = _(
    "may be loaded by Stripe's script, from hcaptcha.com, to tell people from programs. It then "
    "gets your IP address and how the payment page is used, from your browser. It gets "
    "nothing from us."
)
WALLETS_GET = _(
    "learn from your browser which shop you pay and how much, if you pay with their wallet."
)
#: Cookies of Stripe's script on pages with the card field, and their lifetimes. Sources for their
#: purpose: docs.stripe.com/js/appendix/cookies, and for m.stripe.com
#: docs.stripe.com/disputes/prevention/advanced-fraud-detection. Stripe does not document the names:
#: they are from browsers on shops with that script, and from such shops' policies (such as
#: help.mischieftickets.com, maseraticlub.co.uk; November 2026). Check a live payment page before
#: the shop opens.
STRIPE_COOKIES = {"__stripe_mid": "1 year", "__stripe_sid": "30 minutes", "m": "2 years"}
STRIPE_COOKIE_PURPOSE = _("set by Stripe, only on the payment page, to detect fraud")
#: Third-party cookies, by name.
THIRD_PARTY = {"m": "m.stripe.com"}


def cookie_purpose(name: str) -> str:
    """Return the purpose of a cookie, and its host if it is a third-party cookie."""
    host = THIRD_PARTY.get(name)
    if not host:
        return str(STRIPE_COOKIE_PURPOSE)
    return _now("{purpose}; it belongs to {host}").format(purpose=STRIPE_COOKIE_PURPOSE, host=host)


def processors() -> dict[str, "StrOrPromise"]:
    """Return who receives data of a payment, and which, as the end of a sentence."""
    found: dict[str, StrOrPromise] = {
        "Stripe": lazy(stripe_gets, str)(),
        "hCaptcha": HCAPTCHA_GETS,
    }
    return found | ({"Apple, Google or Link": WALLETS_GET} if settings.STRIPE_WALLETS else {})


def stripe_gets() -> str:
    """Return what Stripe receives and why, as the end of a sentence that begins with "Stripe"."""
    return _now(
        "gets {browser} from your browser, and what your bank asks for; and from us {shop}. It "
        "uses them to charge the card, to recognize fraud and to answer disputes."
    ).format(browser=_names_as_text(FROM_THE_BROWSER), shop=_names_as_text(FROM_THE_SHOP))


def _names_as_text(things: Mapping[str, object]) -> str:
    return get_text_list([str(each) for each in things.values()], _now("and"))


def payment_methods() -> str:
    """Return the enabled payment methods as a Markdown list."""
    methods = [*METHODS, "wallets"] if settings.STRIPE_WALLETS else METHODS
    return "\n".join(f"- {_METHOD_TEXTS[each]}" for each in methods)
