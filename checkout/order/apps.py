import oscar.apps.order.apps as apps


class OrderConfig(apps.OrderConfig):
    """Oscar's order app with our states, numbers and links."""

    name = "checkout.order"
