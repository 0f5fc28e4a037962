from django.apps import AppConfig


class SavedSearchesConfig(AppConfig):
    """Searches that send an email when something new matches."""

    name = "catalog.saved_searches"
    label = "saved_searches"

    def ready(self) -> None:
        """Register the emails."""
        from catalog.saved_searches import emails  # noqa: F401 (imports models)
