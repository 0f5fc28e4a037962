"""System checks of the Stripe settings; the shop does not start if they fail."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

STRIPE_API = "https://api.stripe.com"
STRIPE_JS = "https://js.stripe.com/"


@register("payment")
def stripe_settings_agree(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Return errors for keys of different modes, or live keys with URLs that are not Stripe's."""
    found: list[CheckMessage] = []
    secret_live = settings.STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))
    page_live = settings.STRIPE_PUBLISHABLE_KEY.startswith("pk_live_")
    real_api = settings.STRIPE_API_BASE.rstrip("/") == STRIPE_API
    real_js = settings.STRIPE_JS_URL.startswith(STRIPE_JS)
    if secret_live != page_live:
        text = "STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY are of different modes (live, test)."
        found.append(Error(text, id="payment.E001"))
    if (secret_live or page_live) and not (real_api and real_js):
        text = "Live Stripe keys with a URL that is not Stripe's: cards would leak."
        found.append(Error(text, id="payment.E002"))
    if real_api != real_js:
        text = "STRIPE_API_BASE and STRIPE_JS_URL: one is Stripe's, the other is not."
        found.append(Error(text, id="payment.E003"))
    return found


def refuse_bad_keys() -> None:
    """Raise ImproperlyConfigured if the check fails, since gunicorn runs no system checks."""
    if found := stripe_settings_agree(None):
        raise ImproperlyConfigured(" ".join(str(error.msg) for error in found))
