import oscar.apps.basket.apps as apps


class BasketConfig(apps.BasketConfig):
    """The cart (Oscar's word for it is basket)."""

    name = "checkout.basket"

    def ready(self) -> None:
        """None of Oscar's basket views is loaded. Declares the cookie of a guest's cart."""
        from django.conf import settings

        from policies import disclosures

        disclosures.register_cookie(
            settings.OSCAR_BASKET_COOKIE_OPEN,
            purpose="remembers your cart while you are not logged in",
            lifetime=disclosures.format_duration(settings.OSCAR_BASKET_COOKIE_LIFETIME),
        )
