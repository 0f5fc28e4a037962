import oscar.apps.shipping.apps as apps

from policies import disclosures, structured_data, variables


class ShippingConfig(apps.ShippingConfig):
    """Shipping zones, methods and rates by weight."""

    name = "checkout.shipping"

    def ready(self) -> None:
        """Register the shipping methods and what carriers receive with the policies."""
        super().ready()
        from checkout.shipping import policy_text  # here, because it loads models
        from checkout.shipping import structured_data as shipping_data  # likewise

        variables.register("services_and_zones", policy_text.methods_by_zone)
        structured_data.register("shipping", shipping_data.shipping_methods)
        disclosures.register_processor("The carrier", receives=policy_text.CARRIER_RECEIVES)
