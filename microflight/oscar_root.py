"""Oscar's own root app, reduced to what this shop uses: models and their registry."""

from typing import Any

from oscar import config
from oscar.apps.analytics import apps as analytics
from oscar.apps.dashboard import apps as dashboard


class MicroFlightShop(config.Shop):
    """Oscar without its pages: each room mounts its own URLs in microflight/urls.py."""

    def ready(self) -> None:
        """Only run Oscar's system checks; none of its views is looked up."""
        import oscar.checks  # noqa: F401 (registers checks)

    def get_urls(self) -> list[Any]:
        """No page of Oscar's storefront is reachable."""
        return []


class QuietAnalyticsConfig(analytics.AnalyticsConfig):
    """Keeps the tables that Oscar's migrations expect, without writing to them."""

    def ready(self) -> None:
        """Leave the receivers unconnected: they lock a product's row at each purchase."""


class NoDashboardConfig(dashboard.DashboardConfig):
    """Keeps Oscar's template tags importable (they look the dashboard up), and nothing else."""

    def ready(self) -> None:
        """No dashboard view is loaded."""

    def get_urls(self) -> list[Any]:
        """No dashboard page is reachable."""
        return []
