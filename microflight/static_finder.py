"""Which packages' static files are collected."""

from collections.abc import Iterable

from django.apps import apps
from django.contrib.staticfiles.finders import AppDirectoriesFinder

UNUSED = {"oscar"}  # 26 MB of its dashboard's and storefront's scripts, none of which is served


class UsedAppsFinder(AppDirectoriesFinder):
    """Django's own finder without the apps whose pages this shop does not show."""

    def __init__(self, app_names: Iterable[str] | None = None) -> None:
        names = app_names or [config.name for config in apps.get_app_configs()]
        super().__init__(app_names=[name for name in names if name not in UNUSED])
