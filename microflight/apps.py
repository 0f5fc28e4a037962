from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class MicroFlightConfig(AppConfig):
    """The project itself: commands, health, the parts that know every room."""

    name = "microflight"


class DeskConfig(AdminConfig):
    """Django's admin on our own site, see desk.py."""

    default_site = "microflight.desk.DeskSite"
