import oscar.apps.shipping.apps as apps


class ShippingConfig(apps.ShippingConfig):
    """Delivery: what a parcel costs, by weight and zone."""

    name = "checkout.shipping"

    def ready(self) -> None:
        """Say to the policies how parcels travel and what a carrier gets."""
        super().ready()
        from checkout.shipping import structured, words
        from policies import disclosures, structured_data, variables

        variables.register("services_and_zones", words.services_and_zones)
        structured_data.register("shipping", structured.services)
        disclosures.register_processor("The carrier", receives=words.CARRIER_GETS)
