from django.apps import AppConfig


class CompatibilityConfig(AppConfig):
    """Which parts work together."""

    name = "catalog.compatibility"
    label = "compatibility"
