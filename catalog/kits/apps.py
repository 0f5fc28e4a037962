from django.apps import AppConfig


class KitsConfig(AppConfig):
    """Kits: products that are sold as a set of other products."""

    name = "catalog.kits"
    label = "kits"
