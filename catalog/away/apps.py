from django.apps import AppConfig


class AwayConfig(AppConfig):
    """What can be ordered while the shop is away."""

    name = "catalog.away"
    label = "away"
