from django.apps import AppConfig


class MicroFlightConfig(AppConfig):
    """The project itself: commands, health, the parts that know every room."""

    name = "microflight"
