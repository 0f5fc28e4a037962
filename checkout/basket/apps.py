import oscar.apps.basket.apps as apps
from django.conf import settings

from policies import disclosures


class BasketConfig(apps.BasketConfig):
    """The cart (Oscar: basket)."""

    name = "checkout.basket"

    def ready(self) -> None:
        """Disclose the cookie of a guest's cart. Oscar's basket views are not loaded."""
        disclosures.register_cookie(
            settings.OSCAR_BASKET_COOKIE_OPEN,
            purpose="remembers your cart while you are not logged in",
            lifetime=disclosures.format_duration(settings.OSCAR_BASKET_COOKIE_LIFETIME),
        )
