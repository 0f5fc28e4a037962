"""`manage.py reconcile`: bring our payment records in line with Stripe now."""

from typing import Any

from django.core.management.base import BaseCommand

from checkout.fulfilment.expiring_authorizations import check_expiring_authorizations
from checkout.settlement.reconcile import expire_orders, reconcile


class Command(BaseCommand):
    """Runs the payment jobs at once, which beat otherwise runs every few minutes."""

    help = "Expires unpaid orders, settles payments and events, and releases orphaned payments."
    last_line = "reconcile: {} changes"

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each change, and how many there were."""
        lines = [*expire_orders(), *reconcile(), *check_expiring_authorizations()]
        for line in lines:
            self.stdout.write(line)
        self.stdout.write(self.last_line.format(len(lines)))
