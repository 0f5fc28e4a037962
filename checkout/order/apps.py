import oscar.apps.order.apps as apps


class OrderConfig(apps.OrderConfig):
    """Oscar's order app with our states, numbers and links."""

    name = "checkout.order"

    def ready(self) -> None:
        """Keep what orders name from being deleted."""
        from checkout.order import receivers  # noqa: F401 (connects itself; models are loaded by now)

        super().ready()
