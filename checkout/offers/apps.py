import oscar.apps.offer.apps as apps


class OfferConfig(apps.OfferConfig):
    """Offers, product ranges and discount codes."""

    name = "checkout.offers"

    def ready(self) -> None:
        """Connect Oscar's receivers for deleted offers. Oscar's offer pages are not used."""
        from oscar.apps.offer import receivers  # noqa: F401 (connects receivers)
