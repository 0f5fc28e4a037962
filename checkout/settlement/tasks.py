"""Payment jobs, queued by beat. Safe to run twice at once."""

from celery import shared_task

from checkout.settlement import reconcile as jobs


@shared_task
def expire_orders() -> None:
    """Expire unpaid orders after their payment window."""
    jobs.expire_orders()


@shared_task
def reconcile() -> None:
    """Bring our payment records in line with Stripe."""
    jobs.reconcile()
