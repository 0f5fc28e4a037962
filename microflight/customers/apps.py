from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """Customers for staff: one page per person, with notes and tags; merge; read-only login."""

    name = "microflight.customers"
    label = "customers"

    def ready(self) -> None:
        """Log when staff start and end a read-only login, and tell offers the tags of accounts."""
        from microflight.customers import (  # noqa: F401 (models are loaded only now)
            read_only_login,
            receivers,
        )
