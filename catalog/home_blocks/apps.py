from django.apps import AppConfig


class HomeBlocksConfig(AppConfig):
    """Texts of staff on the home page."""

    name = "catalog.home_blocks"
    label = "home_blocks"
