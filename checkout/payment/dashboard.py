"""Links to Stripe's dashboard, for staff."""

from django.conf import settings


def dashboard_url(intent_id: str | None) -> str:
    """Return the page of a payment; "" if it is not one of Stripe. Test keys have test pages."""
    if not intent_id:
        return ""
    is_live = "_live_" in settings.STRIPE_SECRET_KEY
    return f"https://dashboard.stripe.com/{'' if is_live else 'test/'}payments/{intent_id}"
