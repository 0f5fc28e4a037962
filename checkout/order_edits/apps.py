from django.apps import AppConfig


class OrderEditsConfig(AppConfig):
    """What staff change in placed orders."""

    name = "checkout.order_edits"

    def ready(self) -> None:
        """Register the emails: workers load no URLs."""
        from checkout.order_edits import emails  # noqa: F401 (models are loaded by now)
