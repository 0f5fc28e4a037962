import oscar.apps.shipping.apps as apps


class ShippingConfig(apps.ShippingConfig):
    """Delivery: what a parcel costs, by weight and zone."""

    name = "checkout.shipping"

    def ready(self) -> None:
        """Say to the policies how parcels travel and what a carrier gets."""
        super().ready()
        from checkout.shipping import structured, words
        from policies import register, variables
        from policies.structured import register as tell_search_engines

        variables.register("services_and_zones", words.services_and_zones)
        tell_search_engines("shipping", structured.services)
        register.add_processor("The carrier", gets=words.CARRIER_GETS)
