from django.apps import AppConfig


class WaitingConfig(AppConfig):
    """Who wants to know when a product can be had again."""

    name = "catalog.waiting"
    label = "waiting"

    def ready(self) -> None:
        """Register the letters, and say to the policies how long addresses are kept."""
        from catalog.waiting import emails, services  # noqa: F401
        from policies import variables

        variables.register("waiting_days", lambda: str(services.FORGET_AFTER.days))
