from django.apps import AppConfig


class BackInStockConfig(AppConfig):
    """Customers who want an email when a product is available again."""

    name = "catalog.back_in_stock"
    label = "back_in_stock"

    def ready(self) -> None:
        """Register the emails, and the retention period that the policies state."""
        # models are loaded only now
        from catalog.back_in_stock import emails, services  # noqa: F401
        from policies import variables

        variables.register("waiting_days", lambda: str(services.KEEP_FOR.days))
