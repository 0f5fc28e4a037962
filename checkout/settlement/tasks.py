"""Payment jobs, queued by beat; running one twice at once does no harm."""

from celery import shared_task

from checkout.settlement import reconcile as jobs


@shared_task
def expire_orders() -> None:
    """End orders whose time to pay is over."""
    jobs.expire_orders()


@shared_task
def reconcile() -> None:
    """Follow what Stripe knows and we do not."""
    jobs.reconcile()
