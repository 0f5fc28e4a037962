import oscar.apps.customer.apps as apps


class CustomerConfig(apps.CustomerConfig):
    """The account pages; log-in itself is allauth's."""

    name = "accounts"

    def ready(self) -> None:
        """None of Oscar's account views or alert receivers is loaded."""
