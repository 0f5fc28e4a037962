"""Finds the static files of apps whose pages this shop shows."""

from collections.abc import Iterable

from django.apps import apps
from django.contrib.staticfiles.finders import AppDirectoriesFinder

UNUSED = {"oscar"}  # 26 MB of scripts for pages that we do not have


class UsedAppsFinder(AppDirectoriesFinder):
    """Django's finder without unused apps."""

    def __init__(self, app_names: Iterable[str] | None = None) -> None:
        names = app_names or [config.name for config in apps.get_app_configs()]
        super().__init__(app_names=[name for name in names if name not in UNUSED])
