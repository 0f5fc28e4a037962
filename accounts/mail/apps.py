from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class MailConfig(AppConfig):
    """The outbox: every message the shop sends is a row first."""

    name = "accounts.mail"
    label = "mail"

    def ready(self) -> None:
        """Load each room's emails.py, where its kinds of message are registered."""
        autodiscover_modules("emails")
