import oscar.apps.customer.apps as apps


class CustomerConfig(apps.CustomerConfig):
    """Account pages; login itself is allauth's."""

    name = "accounts"

    def ready(self) -> None:
        """Load none of Oscar's account views and product alert receivers."""
