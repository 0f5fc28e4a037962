import oscar.apps.shipping.apps as apps


class ShippingConfig(apps.ShippingConfig):
    """Delivery: what a parcel costs, by weight and zone."""

    name = "checkout.shipping"
