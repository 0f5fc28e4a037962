"""Jobs of the till; beat queues them, and running one twice at once does no harm."""

from celery import shared_task

from checkout.payment import lapses
from checkout.payment import reconcile as jobs


@shared_task
def expire_orders() -> None:
    """End orders whose time to pay is over."""
    jobs.expire_orders()


@shared_task
def reconcile() -> None:
    """Follow what Stripe knows and we do not."""
    jobs.reconcile()


@shared_task
def watch_reservations() -> None:
    """Take or raise payments whose reservation is about to lapse."""
    lapses.watch_reservations()
