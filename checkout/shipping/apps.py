import oscar.apps.shipping.apps as apps


class ShippingConfig(apps.ShippingConfig):
    """Shipping zones, methods and rates by weight."""

    name = "checkout.shipping"

    def ready(self) -> None:
        """Register the shipping methods and what carriers receive with the policies."""
        super().ready()
        # imported here because these modules load models
        from checkout.shipping import policy_text
        from checkout.shipping import structured_data as shipping_data
        from policies import disclosures, structured_data, variables

        variables.register("services_and_zones", policy_text.methods_by_zone)
        structured_data.register("shipping", shipping_data.shipping_methods)
        disclosures.register_processor("The carrier", receives=policy_text.CARRIER_RECEIVES)
