import oscar.apps.order.apps as apps


class OrderConfig(apps.OrderConfig):
    """The order desk."""

    name = "checkout.order"
