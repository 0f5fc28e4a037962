from django.apps import AppConfig


class WaitingConfig(AppConfig):
    """Who wants to know when a product can be had again."""

    name = "catalog.waiting"
    label = "waiting"

    def ready(self) -> None:
        """Register the letters."""
        from catalog.waiting import emails  # noqa: F401
