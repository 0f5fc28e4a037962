"""`manage.py heal`: bring our books in line with Stripe's now, and say what was done."""

from typing import Any

from django.core.management.base import BaseCommand

from checkout.fulfilment.expiring_authorizations import watch_reservations
from checkout.settlement.reconcile import expire_orders, reconcile


class Command(BaseCommand):
    """Runs at once what beat runs every few minutes."""

    help = "Ends lapsed orders, settles open payments and events, releases orphans at Stripe."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each thing done, and how many there were."""
        lines = [*expire_orders(), *reconcile(), *watch_reservations()]
        for line in lines:
            self.stdout.write(line)
        self.stdout.write(f"heal: {len(lines)} seen to")
