"""Oscar's root app, reduced to what this shop uses: its models."""

from typing import Any

from oscar import config
from oscar.apps.analytics import apps as analytics
from oscar.apps.dashboard import apps as dashboard


class MicroFlightShop(config.Shop):
    """Oscar without its pages: our URLs are in microflight/urls.py."""

    def ready(self) -> None:
        """Register Oscar's system checks only; load none of its views."""
        import oscar.checks  # noqa: F401 (registers checks)

    def get_urls(self) -> list[Any]:
        """Mount none of Oscar's pages."""
        return []


class QuietAnalyticsConfig(analytics.AnalyticsConfig):
    """Keeps the tables that Oscar's migrations expect, without writing to them."""

    def ready(self) -> None:
        """Connect no receivers: they lock a product's row at each purchase."""


class NoDashboardConfig(dashboard.DashboardConfig):
    """Lets Oscar's template tags import the dashboard app, and nothing else."""

    def ready(self) -> None:
        """Load no dashboard views."""

    def get_urls(self) -> list[Any]:
        """Mount no dashboard pages."""
        return []
