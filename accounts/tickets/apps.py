from django.apps import AppConfig


class TicketsConfig(AppConfig):
    """Emails to the service address, as tickets."""

    name = "accounts.tickets"

    def ready(self) -> None:
        """Receive inbound email."""
        from accounts.tickets import inbound  # noqa: F401 (imports models, loaded by now)
