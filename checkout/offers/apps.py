import oscar.apps.offer.apps as apps


class OfferConfig(apps.OfferConfig):
    """Offers, product ranges and discount codes."""

    name = "checkout.offers"

    def ready(self) -> None:
        """Connect receivers: ours, and Oscar's for deleted offers. Its pages are not used."""
        from oscar.apps.offer import receivers  # noqa: F401 (connects receivers)

        from checkout.offers import eligibility  # noqa: F401 (connects its receiver)
