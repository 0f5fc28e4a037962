"""`manage.py refresh_products`: update read model and search text of all products."""

from typing import Any

from django.core.management.base import BaseCommand

from catalog import read_model
from microflight.core import page_cache


class Command(BaseCommand):
    """Needed after changes by SQL, and after an update of the shop that changes their format."""

    help = "Updates what pages and search know about products, from the tables."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how many products changed."""
        changed = read_model.refresh()
        page_cache.invalidate()
        self.stdout.write(f"products: {changed} refreshed")
