"""App configuration."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """Imports and exports."""

    name = "microflight.imports"
    label = "imports"
