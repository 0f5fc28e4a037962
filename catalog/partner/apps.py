import oscar.apps.partner.apps as apps


class PartnerConfig(apps.PartnerConfig):
    """Stock and price."""

    name = "catalog.partner"

    def ready(self) -> None:
        """Connect none of Oscar's receivers: low stock is queried, not stored as alerts."""
