import oscar.apps.partner.apps as apps


class PartnerConfig(apps.PartnerConfig):
    """Stock and price."""

    name = "catalog.partner"
