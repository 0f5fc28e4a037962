from django.apps import AppConfig


class SavedViewsConfig(AppConfig):
    """Filtered lists of the admin, saved by staff under a name."""

    name = "microflight.saved_views"
    label = "saved_views"
