"""The options of the card field, and the messages shown while a payment is made.

`static/js/pay.js` reads `settings_for_script` as JSON. The option names are Stripe.js's own.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from checkout.payment.stripe_gateway import METHODS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

#: Wallets of the Payment Element; each is offered ("auto") unless it is turned off.
WALLETS = ("applePay", "googlePay", "link")

#: What pay.js shows, by the name that it uses.
MESSAGES: dict[str, "StrOrPromise"] = {
    "unavailable": _("The card field could not be loaded. Reload the page, or order by telephone."),
    "offline": _(
        "We could not reach the shop. Check your connection and press Pay again. "
        "You are never charged twice."
    ),
    "tooMany": _(
        "Too many attempts. Wait a moment, then press Pay again. You are never charged twice."
    ),
    "expired": _("This page has expired. Reload it and try again."),
    "fixErrors": _("Fix the highlighted items to continue"),
    "updatingTotal": _("Updating the total…"),
    "totalChanged": _("The total is now %(total)s. Press Pay again to accept it."),
    "checkingCard": _("Checking your card…"),
    "placingOrder": _("Placing your order…"),
    "confirmWithBank": _("Your bank asks you to confirm the payment. Follow the steps it shows."),
    "checkingPayment": _("Thank you. Checking your payment…"),
}


#: Not collected by Stripe.js, since the page sends it with the card (Stripe.js requires that).
NOT_ASKED_BY_STRIPE = {"name": "never", "email": "never", "address": "never"}


def card_field(payer: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the template context of a page with the card field.

    `payer` has the contact details, by field name, if the page has no contact form.
    """
    return {
        "stripe_js": settings.STRIPE_JS_URL,
        "card_field": settings_for_script() | {"payer": payer or {}},
        "wallets": settings.STRIPE_WALLETS,
    }


def settings_for_script() -> dict[str, Any]:
    """Return what pay.js needs: publishable key, options of Stripe.js, URLs, messages."""
    wallet = "auto" if settings.STRIPE_WALLETS else "never"
    return {
        "key": settings.STRIPE_PUBLISHABLE_KEY,
        "elements": {
            "mode": "payment",
            "currency": "cad",
            "captureMethod": "manual",
            "allowedPaymentMethodTypes": METHODS,
        },
        "paymentElement": {
            "wallets": dict.fromkeys(WALLETS, wallet),
            "fields": {"billingDetails": NOT_ASKED_BY_STRIPE},
        },
        "returnUrl": reverse("checkout:thank-you"),
        "cartUrl": reverse("basket:summary"),
        "messages": MESSAGES,
    }
