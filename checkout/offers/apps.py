import oscar.apps.offer.apps as apps


class OfferConfig(apps.OfferConfig):
    """Site offers and what vouchers give; what a range contains is found once per cart."""

    name = "checkout.offers"

    def ready(self) -> None:
        """Oscar's receivers tidy up after a deleted offer; its pages are not used."""
        from oscar.apps.offer import receivers  # noqa: F401 (connects receivers)
