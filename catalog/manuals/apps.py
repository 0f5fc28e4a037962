from django.apps import AppConfig


class ManualsConfig(AppConfig):
    """Manuals of products, with their revisions."""

    name = "catalog.manuals"
    label = "manuals"

    def ready(self) -> None:
        """Register the search documents and the email."""
        # models are loaded only now
        from catalog.manuals import emails, search  # noqa: F401 (registers)
